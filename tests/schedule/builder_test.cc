#include "schedule/builder.h"

#include <gtest/gtest.h>

#include <array>

namespace weft {
namespace {

// the same peer asked for several times, and a part of a range
// expect: the same ports
TEST(Builder, ports_are_reused) {
  Builder build(0, 5, 1);
  LaneBuilder& lane = build.lane();
  const std::array peers = {1, 2, 3};
  const Ports all = lane.to(peers);
  EXPECT_EQ(all.count, 3u);
  EXPECT_EQ(lane.to(2).first, all.first + 1);
  EXPECT_EQ(lane.to(peers).first, all.first);
  EXPECT_NE(lane.to(2, 1).first, all.first + 1) << "another stream is another connection";
  EXPECT_NE(lane.from(2).first, all.first + 1) << "the other direction is another end";
}

// chunks below 0 and beyond the end, in a buffer and in a window
// expect: wrapped
TEST(Builder, chunks_wrap) {
  Builder build(0, 2, 6, 3);
  LaneBuilder& whole = build.lane();
  whole.move({.source = input(-1), .target = scratch(4)});
  LaneBuilder& window = build.lane(2, 4);
  window.move({.source = input(-1), .target = output(5)});
  const Schedule schedule = build.finish(1);
  EXPECT_EQ(schedule.steps[0].source.chunk, 5u);
  EXPECT_EQ(schedule.steps[0].target.chunk, 1u);
  EXPECT_EQ(schedule.steps[1].source.chunk, 3u);
  EXPECT_EQ(schedule.steps[1].target.chunk, 1u);
  EXPECT_EQ(schedule.lanes[1].window_base, 2u);
}

// moves around a loop, and a loop of no trips
// expect: handles count expanded moves; nothing is added for no trips
TEST(Builder, handles_count_expanded_moves) {
  Builder build(0, 2, 4);
  LaneBuilder& lane = build.lane();
  const Move copy = {.source = input(0), .target = output(0)};
  EXPECT_EQ(lane.move(copy).index, 0u);
  lane.loop(3, {copy, copy});
  lane.loop(0, copy);
  const Moved last = lane.move(copy);
  EXPECT_EQ(last.index, 7u);
  LaneBuilder& other = build.lane();
  other.move({.source = output(0), .target = output(1), .wait = after(last)});
  const Schedule schedule = build.finish(1);
  EXPECT_EQ(schedule.steps.size(), 6u);
  EXPECT_EQ(schedule.steps[5].wait_step, 7u);
}

using BuilderDeath = ::testing::Test;

// more peers than a step has ports
// expect: an assert, not a wrapped count
TEST(BuilderDeath, too_many_ports) {
  std::vector<int> peers;
  for (int peer = 1; peer <= 256; ++peer) peers.push_back(peer);
  Builder build(0, 300, 1);
  LaneBuilder& lane = build.lane();
  const Ports ports = lane.to(peers);
  EXPECT_DEATH(lane.move({.source = input(0), .send = ports}), "narrow|value");
}

// one end of a connection in two lanes
// expect: an assert that says which
TEST(BuilderDeath, shared_end) {
  Builder build(0, 2, 1);
  for (int i = 0; i < 2; ++i) {
    LaneBuilder& lane = build.lane();
    lane.move({.source = input(0), .send = lane.to(1)});
  }
  EXPECT_DEATH(build.finish(1), "two ports send to rank 1 stream 0");
}

// peers that the lane has, but not side by side
// expect: an assert
TEST(BuilderDeath, scattered_ports) {
  Builder build(0, 4, 1);
  LaneBuilder& lane = build.lane();
  lane.to(1);
  lane.to(2);
  const std::array peers = {2, 1};
  EXPECT_DEATH(lane.to(peers), "find");
}

}  // namespace
}  // namespace weft
