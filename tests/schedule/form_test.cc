#include "schedule/form.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "schedule/text.h"

namespace weft {
namespace {

// The error of rank 0 of 4 with these lines in one lane that has ports to (0, 1) and from (2, 3) ranks 1 and 2.
std::string error_of(std::string_view lines) {
  const auto schedule =
      parse_schedule(fmt::format("schedule chunks 4 scratch 2 credits 1\ntables 0 3 9\nlane\n"
                                 "  port 0 rank 1 stream 0\n  port 1 rank 2 stream 0\n"
                                 "  port 2 rank 1 stream 0\n  port 3 rank 2 stream 0\n{}\n",
                                 lines));
  EXPECT_TRUE(schedule.has_value()) << schedule.error().text();
  return std::string(check_form(*schedule, 0, 4).text());
}

// good lanes: ports in loops, tables, waits
// expect: no error
TEST(Form, good) {
  EXPECT_EQ(error_of("loop 2 times 1 steps\nmove input[0+i] -> send 0 | ports +1\nmove recv 2..3 -> output[0]"), "");
  EXPECT_EQ(error_of("loop 2 times 1 steps\nmove input[0] -> output[0] | table 0"), "");
  EXPECT_EQ(error_of("move input[0] -> scratch[1]\nmove scratch[1] -> output[0] | after lane 0 step 0"), "");
}

// one mistake each
// expect: a sentence that names step and mistake
TEST(Form, bad) {
  struct Case {
    std::string_view lines, error;
  };
  constexpr std::array cases = {
      Case{"move input[0] -> send 3..4", "lane 0 step 0: send ports 3 to 4, but the lane has 4"},
      Case{"loop 5 times 1 steps\nmove input[0] -> send 0 | ports +1",
           "lane 0 step 1: send ports 0 to 4, but the lane has 4"},
      Case{"loop 2 times 1 steps\nmove input[0] -> send 0 | ports -1", "send ports -1 to 0"},
      Case{"move input[4] -> output[0]", "source chunk 4, but there are 4"},
      Case{"move input[0] -> scratch[2]", "target chunk 2, but there are 2"},
      Case{"move input[0] -> output[0] | table 2", "its table names chunk 9 of the source"},
      Case{"move input[0] -> output[0] | table 3", "its table ends at 4, but the tables at 3"},
      Case{"move input[0] -> input[1]", "writes the input"},
      Case{"move input[0] -> output[0] | count 0", "an empty set"},
      Case{"move input[0] -> output[0] | run 2", "runs longer than the set"},
      Case{"move recv 2 -> send 0", "names no chunk"},
      Case{"move input[0] -> output[0] | after lane 1 step 0", "waits for lane 1 step 0, which does not exist"},
      Case{"move input[0] -> output[0] | after lane 0 step 1", "waits for lane 0 step 1, which does not exist"},
      Case{"move input[0] -> output[0] | remote output[0]", "remote chunks need group ports"},
      Case{"loop 2 times 2 steps\nmove input[0] -> output[0]", "runs past the end of the lane"},
      Case{"loop 2 times 2 steps\nloop 2 times 1 steps\nmove input[0] -> output[0]", "a loop in a loop"},
      Case{"loop 0 times 1 steps\nmove input[0] -> output[0]", "a loop of nothing"},
      Case{"loop 4294967295 times 2 steps\nmove input[0] -> output[0]\nmove input[1] -> output[1]",
           "lane 0: over 1048576 moves"},
      Case{"lane window 1 size 4\nmove input[0] -> output[0]", "lane 1 step 0: the window does not fit"},
      Case{"lane window 4294967295 size 2\nmove input[0] -> output[0]", "lane 1 step 0: the window does not fit"},
      Case{"move input[0] -> send 0\nmove recv 0 -> output[0]", "port 0 (rank 1 stream 0): both sends and receives"},
      Case{"move input[0] -> send 0\nmove input[0] -> send 2", "two ports send to rank 1 stream 0"},
  };
  for (const Case& it : cases)
    EXPECT_NE(error_of(it.lines).find(it.error), std::string::npos) << it.lines << "\n" << error_of(it.lines);
}

// peers that do not exist, group ports, fields of a move that has no use for them
// expect: errors
TEST(Form, ports_and_leftover_fields) {
  Schedule schedule =
      *parse_schedule("schedule chunks 1 scratch 0 credits 1\nlane\nport 0 rank 1 stream 0\nmove input[0] -> send 0\n");
  EXPECT_TRUE(check_form(schedule, 0, 2).ok());
  EXPECT_FALSE(check_form(schedule, 0, 1).ok());
  EXPECT_FALSE(check_form(schedule, 1, 2).ok());
  Schedule group = schedule;
  group.ports[0].kind = PortKind::group;
  EXPECT_FALSE(check_form(group, 0, 2).ok());
  for (const auto spoil :
       {+[](Step& s) { s.wait_step = 1; }, +[](Step& s) { s.recv_first = 1; }, +[](Step& s) { s.source_at = 1; },
        +[](Step& s) { s.target.chunk = 1; }, +[](Step& s) { s.flags = 8; }}) {
    Schedule spoilt = schedule;
    spoil(spoilt.steps[0]);
    EXPECT_FALSE(check_form(spoilt, 0, 2).ok());
  }
}

}  // namespace
}  // namespace weft
