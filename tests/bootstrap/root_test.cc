#include "bootstrap/root.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "base/random.h"
#include "bootstrap/hello.h"
#include "bootstrap/join.h"
#include "bootstrap/socket.h"
#include "bootstrap/test_rank.h"
#include "support/leaks.h"

namespace weft::test {
namespace {

// The root counts a stranger after it has closed the door; a test that hears that may be faster.
uint64_t counted_strangers(const Root& root, uint64_t expected) {
  const Deadline end = soon();
  while (root.strangers() < expected && !end.passed()) std::this_thread::yield();
  return root.strangers();
}

std::string job_of_this_test() {
  return fmt::format("test-{:x}", random_word());
}

void join_both(const UniqueId& id) {
  run_threads(2, [&](int rank) {
    const auto joined = join(id, request_of(rank, 2), soon());
    EXPECT_TRUE(joined.has_value()) << joined.error().text();
  });
}

// Everything until the other side closes.
std::string hear_until_closed(const PrivateFd& fd) {
  std::string heard;
  char byte;
  while (recv_exactly(fd.get(), std::as_writable_bytes(std::span(&byte, 1)), soon()) == 0) heard.push_back(byte);
  return heard;
}

// ranks that know only names, without a secret; the root starts after them
// expect: they meet on this host's unix socket, and get a secret that differs each time
TEST(Root, well_known_local) {
  const JobNames names{"weft", job_of_this_test(), "", 0};
  const UniqueId id = well_known(names, {}, 1, std::nullopt, false);
  std::set<std::string> secrets;
  for (int round = 0; round < 2; ++round) {
    std::unique_ptr<Root> root;
    std::string told[2];
    run_threads(3, [&](int rank) {
      if (rank == 2) {
        root = *Root::start({"", id});
        return;
      }
      const auto all = join(well_known(names, {}, 1, std::nullopt, false), request_of(rank, 2), soon());
      ASSERT_TRUE(all.has_value()) << all.error().text();
      told[rank] = fmt::format("{:02x}", fmt::join(all->secret, ""));
    });
    EXPECT_EQ(told[0], told[1]);
    EXPECT_EQ(told[0].size(), 64u);
    secrets.insert(told[0]);
  }
  EXPECT_EQ(secrets.size(), 2u);
}

// two roots of the same job at one time
// expect: the second is refused and says why
TEST(Root, well_known_twice) {
  const UniqueId id = well_known({"weft", job_of_this_test(), "", 0}, {}, 1, std::nullopt, false);
  auto first = Root::start({"", id});
  ASSERT_TRUE(first.has_value());
  const auto second = Root::start({"", id});
  ASSERT_FALSE(second.has_value());
  expect_text(second.error().text(), {"another job of this user"});
}

// a range of ports whose first is taken by something that never answers
// expect: the root takes the next, and ranks find it there
TEST(Root, port_range) {
  const TcpAddress loopback{4, 0, {127, 0, 0, 1}};
  TcpAddress taken = loopback;
  PrivateFd blocker;
  std::unique_ptr<Root> root;
  const Secret secret = random_secret();
  const JobNames names{"torchrun", job_of_this_test(), "127.0.0.1", 0};
  for (int attempt = 0; attempt < 20 && root == nullptr; ++attempt) {  // Another process may hold the ports after it.
    blocker = std::move(*listen_tcp(any_address(4)));
    taken.port = *port_of(blocker.get());
    auto started = Root::start({"", well_known(names, taken, 4, secret, false)});
    if (started) root = std::move(*started);
  }
  ASSERT_NE(root, nullptr);
  UniqueId id = well_known(names, taken, 4, secret, false);
  id.host_identity = 1;  // TCP only
  join_both(id);
}

// the root is on another host and there is no secret
// expect: refused at once, naming what would help
TEST(Root, other_host_without_secret) {
  const TcpAddress elsewhere{4, 4711, {192, 0, 2, 1}};
  const UniqueId id = well_known({"weft", job_of_this_test(), "192.0.2.1:4711", 0}, elsewhere, 1, std::nullopt, false);
  const auto joined = join(id, request_of(1, 2), soon());
  EXPECT_EQ(joined.error().code(), Code::invalid_usage);
  expect_text(joined.error().text(), {"WEFT_INSECURE=1", "WEFT_SECRET"});
}

// the same, insecure by the user's wish
// expect: ranks join over TCP
TEST(Root, insecure) {
  const JobNames names{"weft", job_of_this_test(), "127.0.0.1", 0};
  auto root = *Root::start({"", well_known(names, TcpAddress{4, 0, {127, 0, 0, 1}}, 1, std::nullopt, true)});
  UniqueId id = root->id();
  id.host_identity = 1;
  join_both(id);
}

// a process of another user knows the id
// expect: the unix socket is closed to it without a word
TEST(Root, other_user) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  SharedRoot root;
  run_processes(2, [&](int rank) {
    constexpr size_t kAsked = 0;  // shared word
    const UniqueId id = root.open(rank, 2);
    if (rank == 0) {
      await_word(kAsked, 1);
      EXPECT_EQ(counted_strangers(*root.get(), 1), 1u);
      return;
    }
    ASSERT_EQ(setuid(65534), 0);
    const auto fd = connect_unix(id.unix_name(), soon());
    ASSERT_TRUE(fd.has_value());
    Hello hello;
    hello.communicator = id.communicator;
    send_all(fd->get(), encode(hello), soon());
    EXPECT_EQ(hear_until_closed(*fd), "");
    shared_word(kAsked).store(1);
  });
}

// the root's process has no descriptor left when a rank calls, and some later
// expect: the rank waits and then joins
TEST(Root, no_descriptor_left) {
  run_processes(1, [](int) {
    const rlimit few{64, 64};
    setrlimit(RLIMIT_NOFILE, &few);
    auto root = *Root::start({});
    PrivateFd waiting = *connect_unix(root->id().unix_name(), soon());
    std::vector<OwnedFd> taken;
    for (int fd = dup(STDIN_FILENO); fd >= 0; fd = dup(STDIN_FILENO)) taken.emplace_back(fd);
    waiting.reset();
    const auto caller = connect_unix(root->id().unix_name(), soon());
    ASSERT_TRUE(caller.has_value());
    EXPECT_FALSE(wait_readable(caller->get(), Deadline::after_ms(50))) << "the root did not wait";
    taken.clear();
    join_both(root->id());
  });
}

// a root that nobody comes to, ended by its owner; a hundred times
// expect: no descriptor and no thread left
TEST(Root, leaves_nothing) {
  { auto warm = *Root::start({}); }
  const Holdings before = Holdings::now();
  for (int round = 0; round < 100; ++round) {
    auto root = *Root::start({});
    EXPECT_FALSE(root->finished());
  }
  EXPECT_EQ(Holdings::left_since(before), "");
}

// ranks that contradict each other have heard why, and the others come a little later
// expect: the root says that it still refuses until the last has heard
TEST(Root, refusing) {
  auto root = *Root::start({});
  EXPECT_FALSE(root->refusing());
  const auto come = [&](std::initializer_list<int> ranks) {
    run_threads(static_cast<int>(ranks.size()), [&](int index) {
      const int rank = ranks.begin()[index];
      const auto joined = join(root->id(), request_of(rank, rank == 1 ? 4 : 3), soon());
      ASSERT_FALSE(joined.has_value());
      expect_text(joined.error().text(), {"rank 1 (host-1 pid 1001) says", "all must give the same number"});
    });
  };
  come({0, 1});
  EXPECT_TRUE(root->refusing());
  come({2, 2});
  const Deadline limit = soon();
  while (root->refusing() && !limit.passed()) std::this_thread::yield();
  EXPECT_FALSE(root->refusing());
}

// all ranks have joined
// expect: the root finishes by itself and frees its name
TEST(Root, finishes) {
  auto root = *Root::start({});
  join_both(root->id());
  const Deadline limit = soon();
  while (!root->finished() && !limit.passed()) std::this_thread::yield();
  EXPECT_TRUE(root->finished());
  EXPECT_TRUE(listen_unix(root->id().unix_name()).has_value());
}

}  // namespace
}  // namespace weft::test
