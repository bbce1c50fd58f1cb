#include "perf/extent.h"

#include <gtest/gtest.h>

namespace weft::perf {
namespace {

// 1000 floats on 4 ranks, each collective
// expect: whole vectors where every rank has one; blocks of a multiple of 16 bytes where it is cut
TEST(PerfExtent, counts) {
  for (const auto collective : {Collective::all_reduce, Collective::broadcast, Collective::reduce}) {
    const Extent extent = extent_of(collective, 1000, 4, 4);
    EXPECT_EQ(extent.call_count, 1000u);
    EXPECT_EQ(extent.send_count, 1000u);
    EXPECT_EQ(extent.recv_count, 1000u);
    EXPECT_EQ(extent.send_stride + extent.recv_stride, 0u);
  }
  const Extent gather = extent_of(Collective::all_gather, 1000, 4, 4);
  EXPECT_EQ(gather.call_count, 248u);
  EXPECT_EQ(gather.send_count, 248u);
  EXPECT_EQ(gather.recv_count, 992u);
  EXPECT_EQ(gather.send_stride, 248u);
  EXPECT_EQ(gather.recv_stride, 0u);
  const Extent scatter = extent_of(Collective::reduce_scatter, 1000, 4, 4);
  EXPECT_EQ(scatter.call_count, 248u);
  EXPECT_EQ(scatter.send_count, 992u);
  EXPECT_EQ(scatter.recv_count, 248u);
  EXPECT_EQ(scatter.send_stride, 0u);
  EXPECT_EQ(scatter.recv_stride, 248u);
}

// a message too small to be cut
// expect: nothing is moved
TEST(PerfExtent, too_small_to_cut) {
  EXPECT_EQ(extent_of(Collective::all_gather, 2, 4, 4).call_count, 0u);
  EXPECT_EQ(extent_of(Collective::reduce_scatter, 15, 1, 1).call_count, 0u);
}

// a message of 10^9 bytes that takes a second, 4 ranks
// expect: 1 GB/s, and on the bus 2(n-1)/n, (n-1)/n or 1 times that
TEST(PerfExtent, bandwidth) {
  const auto bus = [](Collective collective, int ranks) {
    const Extent extent = extent_of(collective, 1'000'000'000 / 8, 8, ranks);
    const Bandwidth bandwidth = bandwidth_of(collective, extent, 8, ranks, 1.0);
    EXPECT_NEAR(bandwidth.algorithm, 1, 1e-6);
    return bandwidth.bus;
  };
  EXPECT_NEAR(bus(Collective::all_reduce, 4), 1.5, 1e-6);
  EXPECT_NEAR(bus(Collective::all_gather, 4), 0.75, 1e-6);
  EXPECT_NEAR(bus(Collective::reduce_scatter, 4), 0.75, 1e-6);
  EXPECT_NEAR(bus(Collective::broadcast, 4), 1, 1e-6);
  EXPECT_NEAR(bus(Collective::reduce, 4), 1, 1e-6);
  EXPECT_EQ(bus(Collective::all_reduce, 1), 0);
}

}  // namespace
}  // namespace weft::perf
