// Parts of a communicator: who is in which, in what order, and what happens when a rank dies before, while and after.
#include <signal.h>
#include <unistd.h>

#include "api/failure.h"
#include "base/random.h"

namespace weft::test {
namespace {

constexpr size_t kReady = 1;

struct Place {
  int count = -1, rank = -1;
  bool operator==(const Place&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Place& place) {
  return out << place.rank << " of " << place.count;
}

Place place_in(weftComm_t comm) {
  Place place;
  EXPECT_EQ(weftCommCount(comm, &place.count), weftSuccess);
  EXPECT_EQ(weftCommUserRank(comm, &place.rank), weftSuccess);
  return place;
}

weftComm_t split(weftComm_t comm, int color, int key) {
  weftComm_t part = nullptr;
  EXPECT_EQ(weftCommSplit(comm, color, key, &part, nullptr), weftSuccess) << weftGetLastError(nullptr);
  return part;
}

class SplitOf : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Ranks, SplitOf, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "processes" : "threads"; });

// odd and even ranks, keys that turn the order of the odd ones around
// expect: parts of the right ranks in the right order, all of which work, also when the parent is gone
TEST_P(SplitOf, colors_and_keys) {
  SharedId id;
  run_ranks(GetParam(), 5, [&](int rank) {
    weftComm_t comm = id.join(5, rank);
    const bool odd = rank % 2 == 1;
    weftComm_t part = split(comm, rank % 2, odd ? -rank : 0);
    EXPECT_EQ(place_in(part), odd ? (Place{2, rank == 3 ? 0 : 1}) : (Place{3, rank / 2}));
    expect_sum(part, odd ? 2 : 3);
    expect_sum(comm, 5);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    for (int i = 0; i < 100; ++i) expect_sum(part, odd ? 2 : 3);
    EXPECT_EQ(weftCommDestroy(part), weftSuccess);
  });
}

// drawn colors, each part split again until every rank is alone or has no color
// expect: in each part, exactly the ranks of its color, each with the rank that (key, parent's rank) gives
TEST_P(SplitOf, drawn_colors_again_and_again) {
  SharedId id;
  run_ranks(GetParam(), 6, [&](int rank) {
    weftComm_t comm = id.join(6, rank);
    for (uint64_t round = 0; comm != nullptr; ++round) {
      const Place mine = place_in(comm);
      std::vector<int> colors, keys;
      Random random(mix64(round + 1) + static_cast<uint64_t>(mine.count));
      for (int i = 0; i < mine.count; ++i) {
        colors.push_back(static_cast<int>(random.below(3)) - 1);
        keys.push_back(static_cast<int>(random.below(2)));
      }
      const auto at = [&](const std::vector<int>& of, int i) { return of[static_cast<size_t>(i)]; };
      Place expected{0, 0};
      for (int i = 0; i < mine.count; ++i) {
        if (at(colors, i) != at(colors, mine.rank)) continue;
        ++expected.count;
        expected.rank += std::pair(at(keys, i), i) < std::pair(at(keys, mine.rank), mine.rank) ? 1 : 0;
      }
      weftComm_t part = split(comm, at(colors, mine.rank), at(keys, mine.rank));
      EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
      EXPECT_EQ(part == nullptr, at(colors, mine.rank) == WEFT_SPLIT_NOCOLOR);
      if (part != nullptr) {
        EXPECT_EQ(place_in(part), expected);
        expect_sum(part, expected.count);
      }
      comm = part;
    }
  });
}

// a rank dies, the others go straight to split
// expect: parts of those who live, without a call of shrink
TEST(Split, after_a_death) {
  SharedId id;
  run_processes(5,
                [&](int rank) {
                  weftComm_t comm = id.join(5, rank);
                  expect_sum(comm, 5);
                  if (rank == 1) kill(getpid(), SIGKILL);
                  EXPECT_EQ(sum_one(comm), weftRemoteError);
                  weftComm_t part = split(comm, rank < 3 ? 0 : 1, 0);
                  EXPECT_EQ(place_in(part), (Place{2, rank < 3 ? rank / 2 : rank - 3}));
                  for (int i = 0; i < 100; ++i) expect_sum(part, 2);
                  EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
                  EXPECT_EQ(weftCommDestroy(part), weftSuccess);
                },
                {.killed = {1}});
}

// one of four is killed at a drawn instant while all split again and again
// expect: every split succeeds, with the same members on all survivors; a part fails only of the death
class SplitAndDie : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Instant, SplitAndDie, ::testing::Range(0, 8));
TEST_P(SplitAndDie, in_the_middle) {
  constexpr int kSplitsOfSurvivors = 5;
  SharedId id;
  const int victim = GetParam() % 4;
  run_processes(5,
                [&](int rank) {
                  if (rank == 4) {
                    await_word(kReady, 4);
                    usleep(static_cast<useconds_t>(GetParam()) * 700);
                    kill(rank_pid(victim), SIGKILL);
                    return;
                  }
                  weftComm_t comm = id.join(4, rank);
                  expect_sum(comm, 4);
                  shared_word(kReady).fetch_add(1);
                  for (int of_survivors = 0; of_survivors < kSplitsOfSurvivors;) {
                    weftComm_t part = split(comm, 7, -rank);
                    const Place place = place_in(part);
                    if (place.count == 3) {
                      ++of_survivors;
                      EXPECT_EQ(place.rank, 2 - rank + (rank > victim ? 1 : 0));
                      expect_sum(part, 3);
                    } else {
                      EXPECT_EQ(place, (Place{4, 3 - rank}));
                      const weftResult_t result = sum_one(part);
                      EXPECT_TRUE(result == weftSuccess || result == weftRemoteError) << weftGetLastError(part);
                    }
                    ASSERT_FALSE(::testing::Test::HasFailure());
                    EXPECT_EQ(weftCommDestroy(part), weftSuccess);
                  }
                  EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
                },
                {.killed = {victim}});
}

// one rank splits, the other one gathers as many bytes as split does
// expect: a mismatch on both, with the name of the function
TEST(Split, is_no_all_gather) {
  SharedId id;
  run_threads(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank), part = nullptr;
    expect_sum(comm, 2);
    char in[8] = {}, out[16];
    const weftResult_t result =
        rank == 0 ? weftCommSplit(comm, 0, 0, &part, nullptr) : weftAllGather(in, out, 8, weftUint8, comm, nullptr);
    EXPECT_EQ(result, weftMismatch);
    EXPECT_EQ(part, nullptr);
    expect_text(weftGetLastError(comm), {"weftCommSplit", "collective"});
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// a rank does not come
// expect: an error within init_timeout, on both
TEST(Split, waits_no_longer_than_allowed) {
  SharedId id;
  run_threads(2, [&](int rank) {
    weftComm_t whole = id.join(2, rank), comm = nullptr, part = nullptr;
    weftConfig_t config = WEFT_CONFIG_INITIALIZER;
    config.init_timeout = 0.2;
    EXPECT_EQ(weftCommSplit(whole, 0, rank, &comm, &config), weftSuccess);
    const int64_t before_us = now_us();
    if (rank == 1) {
      EXPECT_EQ(weftCommSplit(comm, 0, 0, &part, nullptr), weftTimeout) << weftGetLastError(comm);
      expect_text(weftGetLastError(comm), {"weftCommSplit", "0.2 s"});
      EXPECT_LT(ms_since(before_us), 200 + kAtOnceMs);
    } else {
      weftResult_t async = weftSuccess;
      while (async == weftSuccess && ms_since(before_us) < 10'000) weftCommGetAsyncError(comm, &async);
      EXPECT_EQ(async, weftTimeout);
    }
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    EXPECT_EQ(weftCommDestroy(whole), weftSuccess);
  });
}

// wrong arguments
// expect: errors that name them; the communicator goes on
TEST(Split, refuses_wrong_arguments) {
  SharedId id;
  run_threads(1, [&](int) {
    weftComm_t comm = id.join(1, 0), part = nullptr;
    EXPECT_EQ(weftCommSplit(comm, -2, 0, &part, nullptr), weftInvalidArgument);
    expect_text(weftGetLastError(nullptr), {"weftCommSplit", "color is -2", "WEFT_SPLIT_NOCOLOR"});
    EXPECT_EQ(weftCommSplit(comm, 0, 0, nullptr, nullptr), weftInvalidArgument);
    expect_text(weftGetLastError(nullptr), {"weftCommSplit", "newcomm is NULL"});
    EXPECT_EQ(weftCommSplit(nullptr, 0, 0, &part, nullptr), weftInvalidArgument);
    expect_text(weftGetLastError(nullptr), {"weftCommSplit", "comm is NULL"});
    EXPECT_EQ(part, nullptr);
    expect_sum(comm, 1);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
