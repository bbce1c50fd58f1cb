#include "bootstrap/assembly.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weft {
namespace {

constexpr Clock::time_point kNow{std::chrono::hours(1)};

Hello hello_of(uint32_t rank, uint32_t nranks) {
  Hello hello;
  hello.rank = rank;
  hello.nranks = nranks;
  return hello;
}

JoinMessage join_from(uint32_t rank, uint64_t patience_ms = 60'000) {
  JoinMessage message{patience_ms, fmt::format("WEFT_SLOTS={}", rank + 4), {}};
  message.self.host = fmt::format("node-{}", rank);
  message.self.pid = static_cast<int>(100 + rank);
  return message;
}

std::string refusal_of(const Assembly& assembly) {
  return std::string(assembly.refusal().text());
}

// every order in which three ranks can come
// expect: decided by the third, roster by rank
TEST(Assembly, completes) {
  std::vector<uint32_t> order = {0, 1, 2};
  do {
    Assembly assembly;
    for (const uint32_t rank : order) {
      EXPECT_FALSE(assembly.decided());
      assembly.arrive(hello_of(rank, 3), join_from(rank), kNow);
    }
    ASSERT_TRUE(assembly.complete());
    const Roster roster = assembly.take_roster();
    for (int rank = 0; rank < 3; ++rank) EXPECT_EQ(roster[static_cast<size_t>(rank)].rank, rank);
    EXPECT_EQ(roster[2].host, "node-2");
  } while (std::next_permutation(order.begin(), order.end()));
}

// every set of ranks missing out of four
// expect: exactly these are named
TEST(Assembly, names_missing_ranks) {
  for (uint32_t present = 1; present < 15; ++present) {
    Assembly assembly;
    std::vector<int> missing;
    for (uint32_t rank = 0; rank < 4; ++rank) {
      if ((present >> rank & 1) != 0)
        assembly.arrive(hello_of(rank, 4), join_from(rank), kNow);
      else
        missing.push_back(static_cast<int>(rank));
    }
    assembly.give_up();
    EXPECT_EQ(assembly.refusal().code(), Code::not_joined);
    const std::string named =
        fmt::format("in time: {} {}. ", missing.size() == 1 ? "rank" : "ranks", rank_ranges(missing));
    EXPECT_NE(refusal_of(assembly).find(named), std::string::npos) << refusal_of(assembly);
    EXPECT_NE(refusal_of(assembly).find("WEFT_INIT_TIMEOUT"), std::string::npos);
  }
}

// a rank that comes twice
// expect: refused, both named
TEST(Assembly, duplicate) {
  Assembly assembly;
  assembly.arrive(hello_of(1, 3), join_from(1), kNow);
  JoinMessage other = join_from(7);
  assembly.arrive(hello_of(1, 3), other, kNow);
  EXPECT_EQ(refusal_of(assembly),
            "rank 1 came twice, from node-1 pid 101 and from node-7 pid 107: give every process its own");
  EXPECT_EQ(assembly.refusal().code(), Code::invalid_argument);
}

// another number of ranks; none; a rank out of range
// expect: refused, with both sides
TEST(Assembly, numbers) {
  Assembly differ, none, range;
  differ.arrive(hello_of(0, 3), join_from(0), kNow);
  differ.arrive(hello_of(2, 4), join_from(2), kNow);
  EXPECT_EQ(refusal_of(differ),
            "rank 2 (node-2 pid 102) says that there are 4 ranks, rank 0 (node-0 pid 100) says 3: all must "
            "give the same number");
  none.arrive(hello_of(0, 0), join_from(0), kNow);
  EXPECT_EQ(none.refusal().code(), Code::invalid_argument);
  range.arrive(hello_of(3, 3), join_from(3), kNow);
  EXPECT_EQ(refusal_of(range), "rank 3 (node-3 pid 103) is not one of ranks 0 to 2");
}

// another version
// expect: refused, both versions named
TEST(Assembly, version) {
  Assembly assembly;
  Hello hello = hello_of(2, 3);
  hello.wire_version = kWireVersion + 1;
  hello.library_version = 20304;
  EXPECT_FALSE(assembly.greet(hello));
  EXPECT_EQ(assembly.refusal().code(), Code::version);
  EXPECT_NE(refusal_of(assembly).find("rank 2 runs weft 2.3.4 (wire version 2)"), std::string::npos);
  EXPECT_NE(refusal_of(assembly).find(version_text(Hello())), std::string::npos);
}

// another plan
// expect: refused, both texts and ranks named
TEST(Assembly, plan) {
  Assembly assembly;
  assembly.arrive(hello_of(0, 3), join_from(0), kNow);
  Hello hello = hello_of(1, 3);
  hello.plan_hash = 5;
  assembly.arrive(hello, join_from(1), kNow);
  EXPECT_EQ(assembly.refusal().code(), Code::config);
  EXPECT_EQ(refusal_of(assembly),
            "variables that must be equal on all ranks differ: rank 0 (node-0 pid 100) has WEFT_SLOTS=4; "
            "rank 1 (node-1 pid 101) has WEFT_SLOTS=5");
}

// ranks of different patience
// expect: the least patient decides
TEST(Assembly, patience) {
  Assembly assembly;
  EXPECT_TRUE(assembly.deadline().is_never());
  assembly.arrive(hello_of(0, 3), join_from(0, 60'000), kNow);
  EXPECT_FALSE(assembly.deadline().passed_at(kNow));
  assembly.arrive(hello_of(1, 3), join_from(1, 0), kNow);
  EXPECT_TRUE(assembly.deadline().passed_at(kNow));
}

// a rank that goes before the last has come, then further errors
// expect: its going is the reason, and stays it
TEST(Assembly, first_reason_stays) {
  Assembly assembly;
  assembly.arrive(hello_of(0, 3), join_from(0), kNow);
  assembly.lose(2);
  EXPECT_FALSE(assembly.decided());
  assembly.lose(0);
  assembly.give_up();
  EXPECT_EQ(assembly.refusal().code(), Code::remote_error);
  EXPECT_NE(refusal_of(assembly).find("rank 0 (node-0 pid 100) was gone"), std::string::npos);
}

// ranks that disagree about their number, in every order, one of them of another version
// expect: as many must be heard as the largest number says
TEST(Assembly, all_heard) {
  Hello other = hello_of(1, 3);
  other.wire_version = 2;
  std::vector<uint32_t> order = {0, 1, 2};
  do {
    Assembly assembly;
    for (const uint32_t rank : order) {
      EXPECT_FALSE(assembly.all_heard());
      if (rank == 1) {
        EXPECT_FALSE(assembly.greet(other));
      } else {
        assembly.arrive(hello_of(rank, rank == 0 ? 2 : 3), join_from(rank), kNow);
      }
    }
    EXPECT_TRUE(assembly.all_heard());
    EXPECT_FALSE(assembly.complete());
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace weft
