#include "perf/table.h"

#include <gtest/gtest.h>

namespace weft::perf {
namespace {

// times and bandwidths from small to huge
// expect: never wider than the column, decimals given up one by one
TEST(PerfTable, fits) {
  EXPECT_EQ(fitted(6.125, 7), "   6.12");
  EXPECT_EQ(fitted(9999.99, 7), "9999.99");
  EXPECT_EQ(fitted(12345.67, 7), "12345.7");
  EXPECT_EQ(fitted(1234567.8, 7), "1234568");
  EXPECT_EQ(fitted(123456789, 7), "1.2e+08");
  EXPECT_EQ(fitted(0.004, 6), "  0.00");
  EXPECT_EQ(fitted(1234.5, 6), "1234.5");
  EXPECT_EQ(fitted(1234567, 6), " 1e+06");
}

// the head of the table
// expect: nccl-tests' three lines, to the letter
TEST(PerfTable, head) {
  EXPECT_EQ(table_head(false),
            "#\n"
            "#                                                              out-of-place                       "
            "in-place          \n"
            "#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   "
            "busbw  #wrong \n"
            "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)             (us)  (GB/s)  "
            "(GB/s)         \n");
  EXPECT_NE(table_head(true).find("root  cputime   algbw"), std::string::npos);
}

// rows: checked, unchecked, with a root, wrong, with processor time
// expect: nccl-tests' columns, to the letter
TEST(PerfTable, rows) {
  const Measurement good{.time_us = 6.12, .cpu_time_us = 5, .bandwidth = {0.0013, 0.00195}, .wrong = 0};
  const Measurement bad{.time_us = 12345.67, .cpu_time_us = 5, .bandwidth = {5.43, 8.15}, .wrong = 12};
  const Measurement unchecked{.time_us = 6.05, .cpu_time_us = 5.5, .bandwidth = {0, 0}, .wrong = std::nullopt};
  EXPECT_EQ(row_head({8, 2, "float", "sum", -1}) + row_half(good, false) + row_half(bad, false),
            "           8             2     float     sum      -1     6.12    0.00    0.00       0  12345.7    5.43    "
            "8.15      12");
  EXPECT_EQ(row_head({67108864, 16777216, "bfloat16", "none", 3}) + row_half(unchecked, false),
            "    67108864      16777216  bfloat16    none       3     6.05    0.00    0.00     N/A");
  EXPECT_EQ(row_half(unchecked, true), "     5.50    0.00    0.00     N/A");
}

// the lines around the table
// expect: what tools look for
TEST(PerfTable, head_and_foot_lines) {
  Flags flags;
  flags.min_bytes = 8;
  flags.max_bytes = 67108864;
  flags.step_factor = 2;
  EXPECT_EQ(settings_line(flags),
            "# nThread 1 nGpus 1 minBytes 8 maxBytes 67108864 step: 2(factor) warmup iters: 1 iters: 20 agg iters: 1 "
            "validation: 1 "
            "graph: 0 unalign: 0\n");
  EXPECT_EQ(participant_line({0, 12345, "node-a", "a processor"}),
            "#  Rank  0 Group  0 Pid  12345 on     node-a device  0 [cpu] a processor\n");
  EXPECT_EQ(table_foot(0, 1.234567, "all_reduce_perf"),
            "# Out of bounds values : 0 OK\n# Avg bus bandwidth    : 1.23457 \n#\n# Collective test concluded: "
            "all_reduce_perf\n#\n\n");
  EXPECT_NE(table_foot(3, 0, "x").find("# Out of bounds values : 3 FAILED\n"), std::string::npos);
}

}  // namespace
}  // namespace weft::perf
