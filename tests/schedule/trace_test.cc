#include "schedule/trace.h"

#include <gtest/gtest.h>

#include "schedule/text.h"

namespace weft {
namespace {

Schedule parsed(std::string_view text) {
  auto schedule = parse_schedule(text);
  EXPECT_TRUE(schedule.has_value()) << schedule.error().text();
  return *std::move(schedule);
}

// a loop with strides in chunks and ports, between two moves
// expect: written out, indices counted through
TEST(Trace, expand) {
  const Schedule schedule = parsed(R"(schedule chunks 4 scratch 0 credits 1
lane
  port 0 rank 1 stream 0
  port 1 rank 2 stream 0
  move input[0] -> output[0]
  loop 2 times 1 steps
    move input[0-i] -> send 0 | ports +1
  move input[3] -> output[3] | count 3, run 2, gap -2
)");
  const std::vector<ExpandedMove> moves = expand(schedule, schedule.lanes[0]);
  ASSERT_EQ(moves.size(), 4u);
  EXPECT_EQ(moves[2].index, 2u);
  EXPECT_EQ(moves[2].trip, 1u);
  EXPECT_EQ(moves[2].source_chunks, std::vector<uint32_t>{3});
  ASSERT_EQ(moves[2].send.size(), 1u);
  EXPECT_EQ(moves[2].send[0].peer, 2u);
  EXPECT_EQ(moves[3].source_chunks, (std::vector<uint32_t>{3, 0, 1}));
}

// a table in a loop
// expect: one list after another for the trips
TEST(Trace, table_in_a_loop) {
  const Schedule schedule = parsed(
      "schedule chunks 4 scratch 0 credits 1\ntables 3 1 0 2\nlane\nloop 2 times 1 steps\nmove input[0] -> output[0] | "
      "count 2, table 0\n");
  const std::vector<ExpandedMove> moves = expand(schedule, schedule.lanes[0]);
  ASSERT_EQ(moves.size(), 2u);
  EXPECT_EQ(moves[0].target_chunks, (std::vector<uint32_t>{3, 1}));
  EXPECT_EQ(moves[1].target_chunks, (std::vector<uint32_t>{0, 2}));
}

// a set of three chunks of 32, 32 and 16 bytes, slots of 48, passes of 32 and of 16
// expect: slots are cut across chunks; a chunk that is short has nothing in the second pass
TEST(Trace, slots_across_chunks) {
  const Schedule schedule = parsed(
      "schedule chunks 3 scratch 0 credits 1\nlane\nmove input[0] -> output[0] | count 3\nmove input[2] -> "
      "output[2]\n");
  const Layout one_pass(80, 1, 3, 32);
  EXPECT_EQ(trace(schedule, schedule.lanes[0], one_pass, 48),
            (std::vector<SlotEvent>{{0, 0, 0, 48}, {0, 0, 1, 32}, {0, 1, 0, 16}}));
  const Layout two_passes(80, 1, 3, 16);
  EXPECT_EQ(trace(schedule, schedule.lanes[0], two_passes, 48),
            (std::vector<SlotEvent>{{0, 0, 0, 48}, {0, 1, 0, 16}, {1, 0, 0, 32}}));
}

// no data
// expect: no slots
TEST(Trace, nothing) {
  const Schedule schedule = parsed("schedule chunks 1 scratch 0 credits 1\nlane\nmove input[0] -> output[0]\nlane\n");
  EXPECT_TRUE(trace(schedule, schedule.lanes[0], Layout(0, 1, 1, 64), 64).empty());
  EXPECT_TRUE(trace(schedule, schedule.lanes[1], Layout(64, 1, 1, 64), 64).empty());
}

}  // namespace
}  // namespace weft
