// The all_reduce that completes among whoever is left.
#include <signal.h>
#include <unistd.h>

#include "api/failure.h"
#include "base/random.h"

namespace weft::test {
namespace {

constexpr size_t kReady = 1;

struct Answer {
  weftResult_t result = weftInternalError;
  std::vector<int> contributors;
  std::vector<double> sums;
};

// Rank r brings (r + 1) * 1000^element, so a sum tells who is in it.
Answer sum_of_survivors(weftComm_t comm, int ranks, int rank, size_t count, bool in_place) {
  Answer answer;
  std::vector<double> in(count);
  for (size_t i = 0; i < count; ++i) in[i] = static_cast<double>((uint64_t{1} << rank) * (i % 7 + 1));
  std::vector<double> out(count, -1);
  std::vector<int> contributors(static_cast<size_t>(ranks));
  int contributor_count = -1;
  double* const target = in_place ? in.data() : out.data();
  answer.result = weftAllReduceSurvivors(in.data(), target, count, weftFloat64, weftSum, comm, nullptr,
                                         contributors.data(), &contributor_count);
  if (answer.result != weftSuccess) return answer;
  answer.contributors.assign(contributors.begin(), contributors.begin() + contributor_count);
  answer.sums.assign(target, target + count);
  return answer;
}

void expect_sums(const Answer& answer) {
  uint64_t all = 0;
  for (const int rank : answer.contributors) all |= uint64_t{1} << rank;
  for (size_t i = 0; i < answer.sums.size(); ++i)
    ASSERT_EQ(answer.sums[i], static_cast<double>(all * (i % 7 + 1))) << "element " << i;
}

class SurvivorsOf : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Ranks, SurvivorsOf, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "processes" : "threads"; });

// nobody dies; calls of it and of plain ones mixed
// expect: all contribute, in place or not
TEST_P(SurvivorsOf, healthy_ranks) {
  SharedId id;
  run_ranks(GetParam(), 3, [&](int rank) {
    weftComm_t comm = id.join(3, rank);
    for (size_t count : {size_t{1}, size_t{0}, size_t{1000}, size_t{100'000}}) {
      const Answer answer = sum_of_survivors(comm, 3, rank, count, count % 3 == 1);
      EXPECT_EQ(answer.result, weftSuccess) << weftGetLastError(nullptr);
      EXPECT_EQ(answer.contributors, (std::vector<int>{0, 1, 2}));
      expect_sums(answer);
      expect_sum(comm, 3);
    }
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// more calls than an agreement keeps, and than it may say, in one message
// expect: all of them succeed
TEST(Survivors, many_calls) {
  SharedId id;
  run_threads(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    for (int call = 0; call < 5000; ++call) {
      ASSERT_EQ(sum_of_survivors(comm, 2, rank, 1, false).result, weftSuccess) << weftGetLastError(nullptr);
    }
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// What a rank got in each of its calls, for the others to compare with: bit r for contributor r, 0 for none.
struct Diary {
  static constexpr size_t kCallsMost = 4096;
  std::atomic<uint64_t> contributors[8][kCallsMost];
};

// two of five are killed at drawn instants of a stream of calls
// expect: every call succeeds on all survivors, with the same contributors, among whom are all that live, and with the
// sum of exactly those; then shrink gives those that are left a communicator
class SurvivorsOfDeaths : public ::testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seed, SurvivorsOfDeaths, ::testing::Range(uint64_t{1}, uint64_t{9}));
TEST_P(SurvivorsOfDeaths, at_drawn_instants) {
  SharedId id;
  Shared<Diary> diary;
  Random random(mix64(GetParam()));
  const int first = static_cast<int>(random.below(5)), second = (first + 1 + static_cast<int>(random.below(4))) % 5;
  const auto pause_us = static_cast<useconds_t>(random.below(20'000));
  const auto between_us = static_cast<useconds_t>(random.below(3'000));
  run_processes(6,
                [&](int rank) {
                  if (rank == 5) {
                    await_word(kReady, 5);
                    usleep(pause_us);
                    kill(rank_pid(first), SIGKILL);
                    usleep(between_us);
                    kill(rank_pid(second), SIGKILL);
                    return;
                  }
                  weftComm_t comm = id.join(5, rank);
                  expect_sum(comm, 5);
                  shared_word(kReady).fetch_add(1);
                  int calls_of_three = 0;
                  for (size_t call = 0; calls_of_three < 20; ++call) {
                    ASSERT_LT(call, Diary::kCallsMost);
                    const Answer answer = sum_of_survivors(comm, 5, rank, call % 3 == 0 ? 30'000 : 10, call % 2 == 0);
                    ASSERT_EQ(answer.result, weftSuccess) << weftGetLastError(nullptr);
                    expect_sums(answer);
                    uint64_t bits = 0;
                    for (const int each : answer.contributors) bits |= uint64_t{1} << each;
                    diary->contributors[rank][call] = bits;
                    if (answer.contributors.size() == 3) ++calls_of_three;
                  }
                  weftComm_t smaller = nullptr;
                  EXPECT_EQ(weftCommShrink(comm, &smaller), weftSuccess) << weftGetLastError(nullptr);
                  expect_sum(smaller, 3);
                  EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
                  EXPECT_EQ(weftCommDestroy(smaller), weftSuccess);
                },
                {.killed = {first, second}});
  const uint64_t left = 31u & ~(1u << first) & ~(1u << second);
  std::vector<int> survivors;
  for (int rank = 0; rank < 5; ++rank) {
    if ((left >> rank & 1) != 0) survivors.push_back(rank);
  }
  for (size_t call = 0; call < Diary::kCallsMost; ++call) {
    const uint64_t theirs = diary->contributors[survivors[0]][call];
    if (theirs == 0) break;
    EXPECT_EQ(theirs & left, left);
    for (const int rank : survivors) EXPECT_EQ(diary->contributors[rank][call], theirs) << "call " << call;
  }
}

// one rank aborts, another calls something else
// expect: these are errors as everywhere
TEST(Survivors, survive_deaths_only) {
  SharedId id;
  run_threads(3, [&](int rank) {
    weftComm_t comm = id.join(3, rank);
    const weftResult_t result = rank == 1 ? sum_one(comm) : sum_of_survivors(comm, 3, rank, 1, false).result;
    EXPECT_EQ(result, weftMismatch) << weftGetLastError(nullptr);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// wrong arguments
// expect: errors that name them
TEST(Survivors, refuse_wrong_arguments) {
  SharedId id;
  run_threads(1, [&](int) {
    weftComm_t comm = id.join(1, 0);
    float value = 1;
    int contributors[1], count = 0;
    EXPECT_EQ(weftAllReduceSurvivors(&value, &value, 1, weftFloat32, weftSum, comm, nullptr, nullptr, &count),
              weftInvalidArgument);
    expect_text(weftGetLastError(nullptr), {"weftAllReduceSurvivors", "contributors is NULL", "array"});
    EXPECT_EQ(weftAllReduceSurvivors(&value, &value, 1, weftFloat32, weftSum, comm, nullptr, contributors, nullptr),
              weftInvalidArgument);
    expect_text(weftGetLastError(nullptr), {"weftAllReduceSurvivors", "contributor_count is NULL"});
    EXPECT_EQ(weftAllReduceSurvivors(nullptr, &value, 1, weftFloat32, weftSum, comm, nullptr, contributors, &count),
              weftInvalidArgument);
    expect_text(weftGetLastError(nullptr), {"weftAllReduceSurvivors", "sendbuff is NULL"});
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
