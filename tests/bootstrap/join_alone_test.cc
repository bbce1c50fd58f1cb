// What one rank says and hears when the root, or another rank, is not as it should be.
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "bootstrap/gate.h"
#include "bootstrap/host.h"
#include "bootstrap/join.h"
#include "bootstrap/knock.h"
#include "bootstrap/rendezvous.h"
#include "bootstrap/test_rank.h"

namespace weft::test {
namespace {

// a rank runs another version
// expect: the others hear at once both versions; the rank itself has seen the root's
TEST(Join, other_version) {
  auto root = *Root::start({});
  std::string verdict;
  std::thread waiting([&] { verdict = join(root->id(), request_of(0, 2), soon()).error().text(); });
  Hello hello;
  hello.wire_version = 7;
  hello.library_version = 70000;
  hello.communicator = root->id().communicator;
  hello.rank = 1;
  const auto knocked = knock({root->id().unix_name(), {}}, hello, root->id().secret, soon());
  waiting.join();
  ASSERT_TRUE(knocked.has_value());
  EXPECT_EQ(knocked->theirs.wire_version, kWireVersion);
  expect_text(verdict, {"rank 1 runs weft 7.0.0 (wire version 7)"});
}

// Something that proves the secret like a root, then does as the test wants with its first guest.
struct FalseRoot {
  UniqueId id = draw_unique_id();
  std::unique_ptr<Gate> gate = *Gate::make([this](const Hello&) { return std::optional(id.secret); });

  FalseRoot() { EXPECT_TRUE(gate->listen_at(*listen_unix(id.unix_name()), true).ok()); }
  std::vector<Guest> wait_for_guest() {
    for (const Deadline limit = soon(); !limit.passed();) {
      if (!wait_readable(gate->fd(), limit)) break;
      if (auto guests = gate->serve(); !guests.empty()) return guests;
    }
    return {};
  }
};

// a root of another version: it proves the secret and says so
// expect: the rank's error names both versions
TEST(Join, root_of_other_version) {
  FalseRoot root;
  Hello other;
  other.wire_version = 9;
  other.library_version = 90000;
  root.gate->introduce_as(other);
  std::string verdict;
  std::thread joining([&] { verdict = join(root.id, request_of(0, 2), soon()).error().text(); });
  const auto guests = root.wait_for_guest();
  joining.join();
  expect_text(verdict, {"weft 9.0.0 (wire version 9)"});
  expect_text(verdict, {version_text(Hello())});
}

// the root ends while a rank waits
// expect: it hears at once that it is gone
TEST(Join, root_ends) {
  FalseRoot root;
  std::string verdict;
  std::thread joining([&] { verdict = join(root.id, request_of(0, 2), soon()).error().text(); });
  root.wait_for_guest().clear();
  joining.join();
  EXPECT_TRUE(contains(verdict, "lost its connection to the root") ||
              contains(verdict, "the root closed its connection to rank 0"))
      << verdict;
}

// Joins as rank 2 of 4 by hand, as far as the root needs to know it.
PrivateFd join_by_hand(const UniqueId& id) {
  Hello hello;
  hello.communicator = id.communicator;
  hello.rank = 2;
  hello.nranks = 4;
  auto knocked = knock({id.unix_name(), {}}, hello, id.secret, soon());
  EXPECT_TRUE(knocked.has_value()) << knocked.error().text;
  const JoinMessage message{20'000, "", request_of(2, 4).self};
  EXPECT_EQ(send_all(knocked->fd.get(), *make_frame(FrameKind::join, encode(message)), soon()), 0);
  return std::move(knocked->fd);
}

// a rank is killed while the others wait for one more
// expect: they hear at once which
TEST(Join, killed_meanwhile) {
  SharedRoot root;
  run_processes(3,
                [&](int rank) {
                  const UniqueId id = root.open(rank, 3);
                  if (rank == 2) {
                    const PrivateFd fd = join_by_hand(id);
                    raise(SIGKILL);
                  }
                  const auto joined = join(id, request_of(rank, 4), soon());
                  meet(0, 2);  // The root lives in rank 0, which must not end before rank 1 has heard.
                  ASSERT_FALSE(joined.has_value());
                  expect_text(joined.error().text(),
                              {"rank 2 (host-2 pid 1002) was gone before all 4 ranks had joined"});
                },
                {.killed = {2}});
}

// nobody listens where the id says
// expect: an error at the deadline that names the addresses tried
TEST(Join, no_root) {
  UniqueId id = draw_unique_id();
  id.host_identity = host_identity();
  id.root = TcpAddress{4, 9, {127, 0, 0, 1}};
  const auto joined = join(id, request_of(1, 2), Deadline::after_ms(50));
  EXPECT_EQ(joined.error().code(), Code::system_error);
  expect_text(joined.error().text(), {"127.0.0.1:9", id.unix_name()});
}

// a rank comes after the others have been refused
// expect: it hears the same reason
TEST(Join, late_rank_hears_why) {
  auto root = *Root::start({});
  const auto first = join(root->id(), request_of(0, 3), Deadline::after_ms(50));
  const auto late = join(root->id(), request_of(1, 3), soon());
  EXPECT_EQ(late.error().code(), Code::not_joined);
  EXPECT_EQ(late.error().text(), first.error().text());
}

// arguments that cannot be right
// expect: refused before anything is tried
TEST(Join, bad_arguments) {
  const UniqueId id = draw_unique_id();
  for (const auto& [rank, nranks] : {std::pair{-1, 2}, {2, 2}, {0, 0}, {0, kRanksMax + 1}}) {
    EXPECT_EQ(join(id, request_of(rank, nranks), soon()).error().code(), Code::invalid_argument)
        << rank << " of " << nranks;
  }
  JoinRequest large = request_of(0, 1);
  large.self.payload.resize(kPayloadBytesMax + 1);
  EXPECT_EQ(join(id, large, soon()).error().code(), Code::resource);
}

}  // namespace
}  // namespace weft::test
