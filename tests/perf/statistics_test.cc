#include "perf/statistics.h"

#include <gtest/gtest.h>

namespace weft::perf {
namespace {

// odd, even and single lists, unsorted
// expect: the middle one (the upper of two), the ends
TEST(PerfStatistics, spread) {
  const Spread odd = spread_of({5, 1, 3});
  EXPECT_EQ(odd.median, 3);
  EXPECT_EQ(odd.least, 1);
  EXPECT_EQ(odd.most, 5);
  EXPECT_EQ(spread_of({4, 1, 3, 2}).median, 3);
  EXPECT_EQ(spread_of({7}).median, 7);
}

// calls of 1 us, of 10 ms, and faster than the clock can tell
// expect: batches of about 0.5 ms, never below one call or five batches, a limit on both
TEST(PerfStatistics, batches) {
  EXPECT_EQ(batches_for(1e-6, 0.1).calls_per_batch, 500);
  EXPECT_EQ(batches_for(1e-6, 0.1).batches, 200);
  EXPECT_EQ(batches_for(1e-2, 0.02).calls_per_batch, 1);
  EXPECT_EQ(batches_for(1e-2, 0.02).batches, 5);
  EXPECT_EQ(batches_for(0, 60).calls_per_batch, 5000);
  EXPECT_LE(batches_for(0, 60).batches, 2000);
}

}  // namespace
}  // namespace weft::perf
