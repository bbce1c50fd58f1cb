#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "support/leaks.h"
#include "support/ranks.h"

namespace weft::test {
namespace {

// four ranks that meet
// expect: each ran once, in a thread of its own, and none is left
TEST(Threads, run) {
  const Holdings before = Holdings::now();
  std::array<std::thread::id, 4> ids;
  run_threads(4, [&](int rank) {
    meet(0, 4);
    ids[static_cast<size_t>(rank)] = std::this_thread::get_id();
  });
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), 4u);
  EXPECT_EQ(Holdings::left_since(before), "");
}

// three ranks that meet at one word a thousand times
// expect: none leaves a meeting before all have come to it
TEST(Threads, meet_again) {
  run_threads(3, [](int) {
    for (uint64_t round = 1; round <= 1000; ++round) {
      shared_word(1).fetch_add(1);
      meet(0, 3);
      EXPECT_GE(shared_word(1).load(), 3 * round);
    }
  });
}

// a failed expectation, and an exception, on one rank
// expect: each one failure with the rank's number
TEST(Threads, report_failures) {
  EXPECT_NONFATAL_FAILURE_ON_ALL_THREADS(run_threads(3, [](int rank) { EXPECT_NE(rank, 2); }), "rank 2");
  EXPECT_NONFATAL_FAILURE_ON_ALL_THREADS(run_threads(3,
                                                     [](int rank) {
                                                       if (rank == 1) throw std::runtime_error("unforeseen");
                                                     }),
                                         "unforeseen");
}

// threads inside a process rank
// expect: they share the words of the launch around them
TEST(Threads, inside_processes) {
  run_processes(2, [](int) { run_threads(3, [](int) { meet(0, 6); }); });
}

// ranks that wait for ever
// expect: the process ends with status 1 and shows where they are
TEST(ThreadsDeathTest, limit) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(run_threads(2, [](int) { await_word(0, 1); }, {.limit = std::chrono::milliseconds(200)}),
              ::testing::ExitedWithCode(1), "limit of 200 ms(.|\n)*thread");
}

}  // namespace
}  // namespace weft::test
