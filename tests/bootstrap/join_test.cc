#include "bootstrap/join.h"

#include <gtest/gtest.h>

#include "bootstrap/gate.h"
#include "bootstrap/host.h"
#include "bootstrap/knock.h"
#include "bootstrap/ranks.h"
#include "bootstrap/rendezvous.h"

namespace weft::test {
namespace {

constexpr int64_t kShortMs = 300;

using Change = std::function<void(UniqueId&, JoinRequest&)>;

// Rank numbers `present` of `nranks` join; the verdicts are error texts, or the communicator's number and the roster.
std::vector<std::string> join_some(bool processes, int nranks, const std::vector<int>& present, int64_t timeout_ms,
                                   const Change& change = {}) {
  IdBoard board(static_cast<int>(present.size()));
  return run_ranks(processes, static_cast<int>(present.size()), [&](int index) {
    std::unique_ptr<Root> root;
    if (index == 0) root = *Root::start({});
    UniqueId id = board.exchange(index, root ? root->id() : UniqueId());
    JoinRequest request = request_of(present[static_cast<size_t>(index)], nranks);
    if (change) change(id, request);
    const auto joined = join(id, request, Deadline::after_ms(timeout_ms));
    board.barrier();  // The root's process stays until all have heard it.
    if (!joined) return fmt::format("{}: {}", static_cast<int>(joined.error().code()), joined.error().text());
    std::string verdict = fmt::format("{:x} {:02x}", joined->communicator, fmt::join(joined->secret, ""));
    for (const Member& member : joined->roster) {
      verdict += fmt::format(" {} {}", describe(member),
                             std::string(reinterpret_cast<const char*>(member.payload.data()), member.payload.size()));
    }
    return verdict;
  });
}

std::vector<int> first_ranks(int count) {
  std::vector<int> ranks;
  for (int rank = 0; rank < count; ++rank) ranks.push_back(rank);
  return ranks;
}

void expect_complete(const std::vector<std::string>& verdicts) {
  std::string roster;
  for (size_t rank = 0; rank < verdicts.size(); ++rank)
    roster += fmt::format(" rank {0} (host-{0} pid {1}) payload of {0}", rank, 1000 + rank);
  for (const std::string& verdict : verdicts) {
    EXPECT_EQ(verdict, verdicts[0]);
    EXPECT_TRUE(verdict.ends_with(roster)) << verdict;
  }
}

class JoinAs : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(All, JoinAs, ::testing::Values(false, true),
                         [](const auto& one) { return one.param ? "processes" : "threads"; });

// 1, 2, 5 and 16 ranks join
// expect: all get one communicator, one secret and the whole roster with every payload
TEST_P(JoinAs, all) {
  for (const int nranks : {1, 2, 5, 16}) expect_complete(join_some(GetParam(), nranks, first_ranks(nranks), 20'000));
}

// the ranks do not reach the root's unix socket
// expect: they join over TCP
TEST_P(JoinAs, over_tcp) {
  expect_complete(
      join_some(GetParam(), 5, first_ranks(5), 20'000, [](UniqueId& id, JoinRequest&) { ++id.host_identity; }));
}

// a payload and a roster larger than any socket's buffer
// expect: arrives whole
TEST(Join, large_payloads) {
  const auto verdicts = join_some(false, 8, first_ranks(8), 20'000, [](UniqueId&, JoinRequest& request) {
    request.self.payload.assign(kPayloadBytesMax, static_cast<std::byte>('a' + request.rank));
  });
  for (const std::string& verdict : verdicts) {
    EXPECT_GT(verdict.size(), 8 * kPayloadBytesMax);
    EXPECT_TRUE(contains(verdict, std::string(kPayloadBytesMax, 'h')));
  }
}

// some ranks never come
// expect: at the deadline every other rank names exactly these
TEST_P(JoinAs, missing) {
  const std::vector<std::pair<std::vector<int>, std::string>> cases = {
      {{0, 2}, "ranks 1, 3-5. "}, {{1, 2, 3, 4, 5}, "rank 0. "}, {{5}, "ranks 0-4. "}};
  for (const auto& [present, named] : cases) {
    const auto start = Clock::now();
    for (const std::string& verdict : join_some(GetParam(), 6, present, kShortMs)) {
      EXPECT_TRUE(verdict.starts_with("105: ")) << verdict;
      EXPECT_TRUE(contains(verdict, named)) << verdict;
      EXPECT_TRUE(contains(verdict, "WEFT_INIT_TIMEOUT")) << verdict;
    }
    EXPECT_GE(Clock::now() - start, std::chrono::milliseconds(kShortMs));
    EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(5000));
  }
}

// a rank is there twice
// expect: the offender and all others hear at once which
TEST_P(JoinAs, duplicate) {
  for (const std::string& verdict : join_some(GetParam(), 3, {0, 1, 1}, 20'000)) {
    EXPECT_TRUE(contains(verdict, "rank 1 came twice")) << verdict;
  }
}

// a rank believes in another number of ranks
// expect: all hear at once both numbers and ranks
TEST_P(JoinAs, other_nranks) {
  const auto verdicts = join_some(GetParam(), 3, {0, 1, 2}, 20'000, [](UniqueId&, JoinRequest& request) {
    if (request.rank == 2) request.nranks = 4;
  });
  for (const std::string& verdict : verdicts) {
    EXPECT_TRUE(contains(verdict, "rank 2 (host-2 pid 1002) says")) << verdict;
    EXPECT_TRUE(contains(verdict, "all must give the same number")) << verdict;
  }
}

// a rank has another plan
// expect: all hear at once both texts
TEST_P(JoinAs, other_plan) {
  const auto verdicts = join_some(GetParam(), 3, {0, 1, 2}, 20'000, [](UniqueId&, JoinRequest& request) {
    request.plan_hash = request.rank == 1;
    request.plan_text = request.rank == 1 ? "WEFT_SLOTS=8" : "WEFT_SLOTS=4";
  });
  for (const std::string& verdict : verdicts) {
    EXPECT_TRUE(verdict.starts_with("104: ")) << verdict;
    EXPECT_TRUE(contains(verdict, "rank 1 (host-1 pid 1001) has WEFT_SLOTS=8")) << verdict;
    EXPECT_TRUE(contains(verdict, "has WEFT_SLOTS=4")) << verdict;
  }
}

// a rank has another secret
// expect: it hears so at once; the others wait for it and name it
TEST_P(JoinAs, other_secret) {
  for (const bool tcp : {false, true}) {
    const auto verdicts = join_some(GetParam(), 3, {0, 1, 2}, kShortMs, [&](UniqueId& id, JoinRequest& request) {
      if (request.rank == 2) id.secret = random_secret();
      if (tcp) ++id.host_identity;
    });
    EXPECT_TRUE(verdicts[2].starts_with("5: rank 2 and the root have different secrets")) << verdicts[2];
    EXPECT_TRUE(contains(verdicts[0], "in time: rank 2. ")) << verdicts[0];
    EXPECT_EQ(verdicts[0], verdicts[1]);
  }
}

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
  EXPECT_TRUE(contains(verdict, "rank 1 runs weft 7.0.0 (wire version 7)")) << verdict;
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
  EXPECT_TRUE(contains(verdict, "weft 9.0.0 (wire version 9)")) << verdict;
  EXPECT_TRUE(contains(verdict, version_text(Hello()))) << verdict;
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

// a rank is killed while the others wait for one more
// expect: they hear at once which
TEST(Join, killed_meanwhile) {
  IdBoard board(3);
  Shared<Barrier> survivors;  // The root lives in rank 0, which must not end before rank 1 has heard.
  survivors->init(2);
  const auto verdicts = run_processes(3, [&](int rank) -> std::string {
    std::unique_ptr<Root> root;
    if (rank == 0) root = *Root::start({});
    const UniqueId id = board.exchange(rank, root ? root->id() : UniqueId());
    if (rank == 2) {
      Hello hello;
      hello.communicator = id.communicator;
      hello.rank = 2;
      hello.nranks = 4;
      const auto knocked = knock({id.unix_name(), {}}, hello, id.secret, soon());
      if (!knocked) return knocked.error().text;
      send_all(knocked->fd.get(), *make_frame(FrameKind::join, encode(JoinMessage{20'000, "", request_of(2, 4).self})),
               soon());
      raise(SIGKILL);
    }
    const auto joined = join(id, request_of(rank, 4), soon());
    survivors->wait();
    return std::string(joined.error().text());
  });
  EXPECT_EQ(verdicts[2], "killed by signal 9");
  for (const int rank : {0, 1}) {
    const std::string& verdict = verdicts[static_cast<size_t>(rank)];
    EXPECT_TRUE(contains(verdict, "rank 2 (host-2 pid 1002) was gone before all 4 ranks had joined")) << verdict;
  }
}

// nobody listens where the id says
// expect: an error at the deadline that names the addresses tried
TEST(Join, no_root) {
  UniqueId id = draw_unique_id();
  id.host_identity = host_identity();
  id.root = TcpAddress{4, 9, {127, 0, 0, 1}};
  const auto joined = join(id, request_of(1, 2), Deadline::after_ms(50));
  EXPECT_EQ(joined.error().code(), Code::system_error);
  EXPECT_TRUE(contains(std::string(joined.error().text()), "127.0.0.1:9")) << joined.error().text();
  EXPECT_TRUE(contains(std::string(joined.error().text()), id.unix_name())) << joined.error().text();
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
