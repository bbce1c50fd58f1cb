#include "bootstrap/join.h"

#include <gtest/gtest.h>

#include "bootstrap/test_rank.h"

namespace weft::test {
namespace {

constexpr int64_t kShortMs = 300;

constexpr size_t kHeard = 0;  // shared word

using Change = std::function<void(UniqueId&, JoinRequest&)>;
using Judge = std::function<void(int index, const Expected<Joined>& joined)>;

// Rank numbers `present` of `nranks` join, and each judges the result.
void join_some(bool processes, int nranks, const std::vector<int>& present, int64_t timeout_ms, const Judge& judge,
               const Change& change = {}) {
  const int count = static_cast<int>(present.size());
  SharedRoot root;
  run_ranks(processes, count, [&](int index) {
    UniqueId id = root.open(index, count);
    JoinRequest request = request_of(present[static_cast<size_t>(index)], nranks);
    if (change) change(id, request);
    const auto joined = join(id, request, Deadline::after_ms(timeout_ms));
    meet(kHeard, count);  // The root's process stays until all have heard it.
    judge(index, joined);
  });
}

// All fail, with these words.
Judge refused_with(std::initializer_list<std::string_view> words) {
  return [words = std::vector<std::string_view>(words)](int, const Expected<Joined>& joined) {
    ASSERT_FALSE(joined.has_value());
    for (const std::string_view word : words) expect_text(joined.error().text(), {word});
  };
}

std::vector<int> first_ranks(int count) {
  std::vector<int> ranks;
  for (int rank = 0; rank < count; ++rank) ranks.push_back(rank);
  return ranks;
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void expect_roster(const Roster& roster, int nranks) {
  ASSERT_EQ(roster.size(), static_cast<size_t>(nranks));
  for (int rank = 0; rank < nranks; ++rank) {
    const Member& member = roster[static_cast<size_t>(rank)];
    EXPECT_EQ(describe(member), fmt::format("rank {0} (host-{0} pid {1})", rank, 1000 + rank));
    EXPECT_EQ(text_of(member.payload), fmt::format("payload of {}", rank));
  }
}

// All ranks join, and are told the same.
void expect_complete(bool processes, int nranks, const Change& change = {}) {
  struct Told {
    uint64_t communicator;
    Secret secret;
    bool operator==(const Told&) const = default;
  };
  Shared<std::array<Told, 16>> told;
  join_some(
      processes, nranks, first_ranks(nranks), 20'000,
      [&](int rank, const Expected<Joined>& joined) {
        ASSERT_TRUE(joined.has_value()) << joined.error().text();
        (*told)[static_cast<size_t>(rank)] = {joined->communicator, joined->secret};
        expect_roster(joined->roster, nranks);
      },
      change);
  for (int rank = 0; rank < nranks; ++rank) EXPECT_EQ((*told)[static_cast<size_t>(rank)], (*told)[0]);
  EXPECT_NE((*told)[0].secret, Secret{});
}

class JoinAs : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(All, JoinAs, ::testing::Values(false, true),
                         [](const auto& one) { return one.param ? "processes" : "threads"; });

// 1, 2, 5 and 16 ranks join
// expect: all get one communicator, one secret and the whole roster with every payload
TEST_P(JoinAs, all) {
  for (const int nranks : {1, 2, 5, 16}) expect_complete(GetParam(), nranks);
}

// the ranks do not reach the root's unix socket
// expect: they join over TCP
TEST_P(JoinAs, over_tcp) {
  expect_complete(GetParam(), 5, [](UniqueId& id, JoinRequest&) { ++id.host_identity; });
}

// a payload and a roster larger than any socket's buffer
// expect: arrives whole
TEST(Join, large_payloads) {
  join_some(
      false, 8, first_ranks(8), 20'000,
      [](int, const Expected<Joined>& joined) {
        ASSERT_TRUE(joined.has_value()) << joined.error().text();
        for (const Member& member : joined->roster)
          EXPECT_EQ(text_of(member.payload), std::string(kPayloadBytesMax, static_cast<char>('a' + member.rank)));
      },
      [](UniqueId&, JoinRequest& request) {
        request.self.payload.assign(kPayloadBytesMax, static_cast<std::byte>('a' + request.rank));
      });
}

// some ranks never come
// expect: at the deadline every other rank names exactly these
TEST_P(JoinAs, missing) {
  const std::vector<std::pair<std::vector<int>, std::string>> cases = {
      {{0, 2}, "ranks 1, 3-5. "}, {{1, 2, 3, 4, 5}, "rank 0. "}, {{5}, "ranks 0-4. "}};
  for (const auto& one : cases) {
    const auto start = Clock::now();
    join_some(GetParam(), 6, one.first, kShortMs, [&](int, const Expected<Joined>& joined) {
      EXPECT_GE(Clock::now() - start, std::chrono::milliseconds(kShortMs));
      EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(5000));
      ASSERT_FALSE(joined.has_value());
      EXPECT_EQ(joined.error().code(), Code::not_joined);
      expect_text(joined.error().text(), {one.second, "WEFT_INIT_TIMEOUT"});
    });
  }
}

// a rank is there twice
// expect: the offender and all others hear at once which
TEST_P(JoinAs, duplicate) {
  join_some(GetParam(), 3, {0, 1, 1}, 20'000, refused_with({"rank 1 came twice"}));
}

// a rank believes in another number of ranks
// expect: all hear at once both numbers and ranks
TEST_P(JoinAs, other_nranks) {
  join_some(GetParam(), 3, {0, 1, 2}, 20'000,
            refused_with({"rank 2 (host-2 pid 1002) says", "all must give the same number"}),
            [](UniqueId&, JoinRequest& request) {
              if (request.rank == 2) request.nranks = 4;
            });
}

// a rank has another plan
// expect: all hear at once both texts
TEST_P(JoinAs, other_plan) {
  join_some(
      GetParam(), 3, {0, 1, 2}, 20'000,
      [](int index, const Expected<Joined>& joined) {
        refused_with({"rank 1 (host-1 pid 1001) has WEFT_SLOTS=8", "has WEFT_SLOTS=4"})(index, joined);
        EXPECT_EQ(joined.error().code(), Code::config);
      },
      [](UniqueId&, JoinRequest& request) {
        request.plan_hash = request.rank == 1;
        request.plan_text = request.rank == 1 ? "WEFT_SLOTS=8" : "WEFT_SLOTS=4";
      });
}

// a rank has another secret
// expect: it hears so at once; the others wait for it and name it, in the same words
TEST_P(JoinAs, other_secret) {
  for (const bool tcp : {false, true}) {
    join_some(
        GetParam(), 3, {0, 1, 2}, kShortMs,
        [](int index, const Expected<Joined>& joined) {
          ASSERT_FALSE(joined.has_value());
          EXPECT_EQ(joined.error().code(), index == 2 ? Code::invalid_usage : Code::not_joined);
          EXPECT_TRUE(joined.error().text().starts_with(index == 2 ? "rank 2 and the root have different secrets"
                                                                   : "1 of 3 ranks did not join in time: rank 2. "))
              << joined.error().text();
        },
        [&](UniqueId& id, JoinRequest& request) {
          if (request.rank == 2) id.secret = random_secret();
          if (tcp) ++id.host_identity;
        });
  }
}

}  // namespace
}  // namespace weft::test
