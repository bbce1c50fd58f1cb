// How those who live go on: failed sets, shrink, revoke. Ranks are processes; a hang fails at the limit of the launch.
#include <signal.h>
#include <unistd.h>

#include <vector>

#include "api/failure.h"

namespace weft::test {
namespace {

constexpr size_t kReady = 1, kDone = 2;

std::vector<int> failed_ranks_of(weftComm_t comm) {
  weftFailure_t failure{};
  std::vector<int> ranks(64);
  EXPECT_EQ(weftCommGetFailure(comm, &failure, ranks.data(), 64), weftSuccess);
  EXPECT_EQ(failure.verdict, failure.failed_count == 0 ? weftVerdictNone : weftVerdictDied);
  ranks.resize(static_cast<size_t>(failure.failed_count));
  return ranks;
}

// Shrinks, and expects to be one of `ranks`, all of which can work together.
weftComm_t expect_shrunk(weftComm_t comm, int ranks, int rank) {
  weftComm_t smaller = nullptr;
  EXPECT_EQ(weftCommShrink(comm, &smaller), weftSuccess) << weftGetLastError(nullptr);
  EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  int count = 0, place = -1;
  EXPECT_EQ(weftCommCount(smaller, &count), weftSuccess);
  EXPECT_EQ(weftCommUserRank(smaller, &place), weftSuccess);
  EXPECT_EQ(count, ranks);
  EXPECT_EQ(place, rank);
  for (int i = 0; i < 100; ++i) expect_sum(smaller, ranks);
  return smaller;
}

// one of four is killed while the others wait for it
// expect: the same failed set on all three, and a communicator of three that works
TEST(Shrink, after_a_death) {
  SharedId id;
  run_processes(4,
                [&](int rank) {
                  weftComm_t comm = id.join(4, rank);
                  expect_sum(comm, 4);
                  if (rank == 1) {
                    await_word(kReady, 3);
                    kill(getpid(), SIGKILL);
                  }
                  shared_word(kReady).fetch_add(1);
                  EXPECT_EQ(sum_one(comm), weftRemoteError);
                  EXPECT_EQ(failed_ranks_of(comm), std::vector<int>{1});
                  weftComm_t smaller = expect_shrunk(comm, 3, rank == 0 ? 0 : rank - 1);
                  EXPECT_TRUE(failed_ranks_of(smaller).empty());
                  EXPECT_EQ(weftCommDestroy(smaller), weftSuccess);
                },
                {.killed = {1}});
}

// two die together, the one that coordinates among them
// expect: both in the failed set of the rest in the end, which goes on
TEST(Shrink, after_two_deaths) {
  SharedId id;
  run_processes(5,
                [&](int rank) {
                  weftComm_t comm = id.join(5, rank);
                  expect_sum(comm, 5);
                  if (rank == 0 || rank == 3) {
                    await_word(kReady, 3);
                    kill(getpid(), SIGKILL);
                  }
                  shared_word(kReady).fetch_add(1);
                  EXPECT_EQ(sum_one(comm), weftRemoteError);
                  weftComm_t smaller = expect_shrunk(comm, 3, rank == 4 ? 2 : rank - 1);
                  EXPECT_EQ(weftCommDestroy(smaller), weftSuccess);
                },
                {.killed = {0, 3}});
}

// a second rank dies instead of calling shrink, while the others are in it
// expect: it is left out
TEST(Shrink, with_a_death_in_the_middle) {
  SharedId id;
  run_processes(5,
                [&](int rank) {
                  weftComm_t comm = id.join(5, rank);
                  expect_sum(comm, 5);
                  if (rank == 4) kill(getpid(), SIGKILL);
                  EXPECT_EQ(sum_one(comm), weftRemoteError);
                  if (rank == 0) {
                    await_word(kReady, 3);
                    usleep(20'000);  // They are in the call by now, or this tests the usual case.
                    kill(getpid(), SIGKILL);
                  }
                  shared_word(kReady).fetch_add(1);
                  weftComm_t smaller = expect_shrunk(comm, 3, rank - 1);
                  EXPECT_EQ(weftCommDestroy(smaller), weftSuccess);
                },
                {.killed = {0, 4}});
}

// the highest rank of every communicator dies, until one is left
// expect: each shrinks from the one before
TEST(Shrink, until_one_is_left) {
  SharedId id;
  run_processes(4,
                [&](int rank) {
                  weftComm_t comm = id.join(4, rank);
                  expect_sum(comm, 4);
                  for (int ranks = 4; ranks > 1; --ranks) {
                    if (rank == ranks - 1) kill(getpid(), SIGKILL);
                    const weftResult_t result = sum_one(comm);
                    EXPECT_EQ(result, weftRemoteError);
                    comm = expect_shrunk(comm, ranks - 1, rank);
                  }
                  EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
                },
                {.killed = {1, 2, 3}});
}

class ShrinkOf : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Ranks, ShrinkOf, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "processes" : "threads"; });

// nobody has died
// expect: a second communicator of the same ranks; both work
TEST_P(ShrinkOf, healthy_ranks) {
  SharedId id;
  run_ranks(GetParam(), 3, [&](int rank) {
    weftComm_t comm = id.join(3, rank), twin = nullptr;
    EXPECT_EQ(weftCommShrink(comm, &twin), weftSuccess) << weftGetLastError(nullptr);
    for (int i = 0; i < 10; ++i) {
      expect_sum(comm, 3);
      expect_sum(twin, 3);
    }
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    expect_sum(twin, 3);
    EXPECT_EQ(weftCommDestroy(twin), weftSuccess);
  });
}

// one rank revokes while another waits for it
// expect: aborted everywhere, by the name of the one that did; then all go on
TEST_P(ShrinkOf, revoked_ranks) {
  SharedId id;
  run_ranks(GetParam(), 3, [&](int rank) {
    weftComm_t comm = id.join(3, rank);
    expect_sum(comm, 3);
    if (rank == 2) {
      EXPECT_EQ(weftCommRevoke(comm), weftSuccess);
    }
    EXPECT_EQ(sum_one(comm), weftAborted);
    expect_text(weftGetLastError(comm), {"rank 2", "weftCommRevoke"});
    EXPECT_EQ(weftCommDestroy(expect_shrunk(comm, 3, rank)), weftSuccess);
  });
}

// a rank that lives comes to shrink only after the others' time is over
// expect: an error that names it; the next call goes on where this one stopped
TEST(Shrink, waits_no_longer_than_allowed) {
  setenv("WEFT_INIT_TIMEOUT", "1", 1);
  SharedId id;
  run_processes(3, [&](int rank) {
    weftComm_t comm = id.join(3, rank);
    expect_sum(comm, 3);
    weftComm_t smaller = nullptr;
    if (rank == 0) {
      EXPECT_EQ(weftCommShrink(comm, &smaller), weftNotJoined);
      expect_text(weftGetLastError(nullptr), {"weftCommShrink", "rank 2"});
      EXPECT_EQ(smaller, nullptr);
      shared_word(kDone).store(1);
    }
    if (rank == 2) await_word(kDone, 1);
    if (rank == 1) {
      while (weftCommShrink(comm, &smaller) == weftNotJoined) continue;
      EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
      for (int i = 0; i < 100; ++i) expect_sum(smaller, 3);
    } else {
      smaller = expect_shrunk(comm, 3, rank);
    }
    EXPECT_EQ(weftCommDestroy(smaller), weftSuccess);
  });
  unsetenv("WEFT_INIT_TIMEOUT");
}

}  // namespace
}  // namespace weft::test
