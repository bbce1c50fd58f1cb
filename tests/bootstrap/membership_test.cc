#include "bootstrap/membership.h"

#include <gtest/gtest.h>

#include "bootstrap/test_rank.h"

namespace weft::test {
namespace {

constexpr size_t kStart = 0, kEnd = 1;  // shared words

// `nranks` ranks come together, then each does `body`. Links use TCP if `tcp`.
void with_ranks(bool processes, int nranks, const std::function<void(TestRank&, int)>& body, bool tcp = false) {
  SharedRoot root;
  run_ranks(processes, nranks, [&](int rank) {
    TestRank self;
    self.come(root.open(rank, nranks), rank, nranks, [&](Roster& roster) {
      for (Member& member : roster) member.host_identity += tcp ? 1 : 0;
    });
    if (self.is_there()) body(self, rank);
  });
}

class MembershipAs : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(All, MembershipAs, ::testing::Values(false, true),
                         [](const auto& one) { return one.param ? "processes" : "threads"; });

// 1, 2, 5 and 16 ranks come together and leave in good order, each when it likes
// expect: nobody fails
TEST_P(MembershipAs, orderly) {
  for (const int nranks : {1, 2, 5, 16}) {
    with_ranks(GetParam(), nranks, [&](TestRank& self, int) {
      self.membership->leave();
      expect_alive(self);
    });
  }
}

// one rank leaves and ends; the others stay
// expect: they see it depart, and its end is no failure
TEST_P(MembershipAs, departure) {
  for (const bool tcp : {false, true}) {
    with_ranks(
        GetParam(), 4,
        [&](TestRank& self, int rank) {
          if (rank == 2) return;  // Its destructors leave.
          EXPECT_TRUE(self.wait_for_departure(2, 5000));
          meet(kEnd, 3);
          expect_alive(self);
        },
        tcp);
  }
}

// a rank decides that the communicator has failed
// expect: all others fail with its code, its name and its text
TEST_P(MembershipAs, failure) {
  with_ranks(GetParam(), 5, [&](TestRank& self, int rank) {
    meet(kStart, 5);
    if (rank == 3) return self.membership->broadcast_failure(Status(Code::mismatch, "count 7, not 8"));
    EXPECT_EQ(self.wait_for_failure(5000), fmt::format("{}: count 7, not 8", describe(self.joined.roster[3])));
    EXPECT_EQ(self.alive->error().code(), Code::mismatch);
  });
}

// a rank of the roster never comes as far as this
// expect: the others name it at the deadline, and whoever comes later hears of the failure
TEST(Membership, one_never_links) {
  SharedRoot root;
  run_processes(3, [&](int rank) {
    TestRank self;
    ASSERT_TRUE(self.find_others(root.open(rank, 3), rank, 3).ok());
    if (rank == 2) await_word(kEnd, 2);
    const Status linked = self.take_part(rank, Deadline::after_ms(300));
    EXPECT_FALSE(linked.ok());
    EXPECT_TRUE(rank == 2 || contains(linked.text(), "rank 2 joined but did not get in touch") ||
                contains(linked.text(), "rank 1 (") || contains(linked.text(), "rank 0 ("))
        << linked.text();
    meet(kEnd, 3);
  });
}

}  // namespace
}  // namespace weft::test
