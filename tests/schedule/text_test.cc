#include "schedule/text.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "golden.h"

namespace weft::test {
namespace {

// every row of the catalog, several numbers of ranks, ranks in order and not
// expect: schedules come back from their text unchanged
TEST(Text, round_trip_of_the_catalog) {
  const std::vector<int> order = {3, 0, 4, 1, 2};
  for (const CatalogRow& row : catalog()) {
    for (const int ranks : {1, 2, 3, 4, 5, 8, 13, 128}) {
      const auto circle = ranks == 5 ? std::span<const int>(order) : std::span<const int>();
      const std::vector<Schedule> schedules = generate_all(row, ranks, ranks / 2, circle);
      const auto parsed = parse_schedules(print_schedules(schedules));
      ASSERT_TRUE(parsed.has_value()) << row.name << ": " << parsed.error().text();
      EXPECT_TRUE(*parsed == schedules) << name_of(row.collective) << " " << row.name << " " << ranks;
    }
  }
}

// every field that a step can have
// expect: comes back
TEST(Text, round_trip_of_all_fields) {
  constexpr std::string_view text = R"(schedule chunks 8 scratch 4 credits 3
tables 5 1 7 2
lane window 2 size 4
  port 0 rank 1 stream 0
  port 1 rank 70000 stream 65535
  port 2 rank 3 stream 1 group
  loop 2 times 2 steps
    move recv 0 + input[1+2i] + recv 1..2 -> output[3-i~], send 0..2 | count 2, run 1, gap -4, ports -1, pairwise, post
    move input[0-i] -> scratch[0] | table 0, pre, after pass lane 1 step 4
lane
  move scratch[3] -> output[0] | remote output[7], after slot lane 0 step 2
  move scratch[3] -> output[0] | after lane 0 step 3
)";
  const auto parsed = parse_schedule(text);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  EXPECT_EQ(print_schedule(*parsed), text);
  EXPECT_EQ(parsed->steps[1].source_at, 1);
  EXPECT_EQ(parsed->steps[1].recv_count, 3);
  EXPECT_EQ(parsed->steps[2].table, 1u);
}

// comments, empty lines, other spacing
// expect: mean nothing
TEST(Text, free_form) {
  const auto parsed = parse_schedule(
      "# a copy\n\nschedule  chunks 1 scratch 0 credits 1\n lane\n   # the step\n move input[0]->output[0]\n\n");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().text();
  EXPECT_EQ(parsed->steps.size(), 1u);
}

// one mistake each
// expect: an error that names the line, the word and what was expected
TEST(Text, errors) {
  struct Case {
    std::string_view line, error;
  };
  constexpr std::array cases = {
      Case{"move inptu[0] -> send 0", "line 3: \"inptu[0]\" where recv, input, output or scratch was expected"},
      Case{"move input[0] send 0", "line 3: \"send\" where \"->\" was expected"},
      Case{"move input[0 send 0", "line 3: \"send\" where \"]\" was expected"},
      Case{"move input[x] -> send 0", "line 3: \"x]\" where a number from 0 to 4294967295 was expected"},
      Case{"move input[0-40000i] -> send 0", "where a number from -32768 to 32767 was expected"},
      Case{"move input[0] ->", "line 3: it ends where send, output or scratch was expected"},
      Case{"move input[0] -> send 0 | sometimes", "line 3: \"sometimes\" where count, run, gap, table"},
      Case{"move input[0] -> send 0 0", "line 3: \"0\" where the end of the line was expected"},
      Case{"move recv 0 + input[0] + recv 2 -> output[0]", "where ports that begin at 1 was expected"},
      Case{"move recv 0..255 -> output[0]", "where a range of 2 to 255 ports before it was expected"},
      Case{"move input[0] -> send 0 | after lane 256 step 0", "\"256\" where a number from 0 to 255 was expected"},
      Case{"loop 3 steps", "line 3: \"steps\" where \"times\" was expected"},
      Case{"move recv 4294967294..4294967295 -> output[0]", "where a number up to 4294967039 before it was expected"},
      Case{"move input[0] -> output[0] | table 4294967295", "where a number up to 4294967039 before it was expected"},
      Case{"lane window 1 size 0", "where a window of at least one chunk before it was expected"},
      Case{"port 1 rank 0 stream 0", "which is the next, was expected"},
      Case{"jump 3", "line 3: \"jump\" where lane, port, move, loop or the end was expected"},
      Case{"moves input[0] -> send 0", "line 3: \"moves\" where lane"},
  };
  for (const Case& it : cases) {
    const auto parsed = parse_schedule(fmt::format("schedule chunks 1 scratch 0 credits 1\nlane\n{}\n", it.line));
    ASSERT_FALSE(parsed.has_value()) << it.line;
    EXPECT_NE(parsed.error().text().find(it.error), std::string_view::npos) << it.line << "\n" << parsed.error().text();
  }
  EXPECT_EQ(parse_schedule("").error().text(), "line 0: it ends where \"schedule\" was expected");
}

class Golden : public ::testing::TestWithParam<size_t> {};

// a row's schedules for four ranks
// expect: as in its golden file; `write_golden` rewrites it if the change is meant
TEST_P(Golden, print) {
  const CatalogRow& row = catalog()[GetParam()];
  std::ifstream file(golden_path(WEFT_GOLDEN, row));
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(golden.str(), golden_text(row));
}

// Whatever stands in the comments of the generators, without the comment signs.
std::string comments_of_generators() {
  std::string comments;
  for (const auto& entry : std::filesystem::directory_iterator(WEFT_GENERATORS)) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("//   ")) comments += line.substr(5) + "\n";
    }
  }
  return comments;
}

// a row's picture above its generator
// expect: it is the print of one of the four ranks
TEST_P(Golden, picture_in_the_source) {
  const CatalogRow& row = catalog()[GetParam()];
  const std::string comments = comments_of_generators();
  bool found = false;
  for (const Schedule& schedule : generate_all(row, kGoldenRanks, kGoldenRoot)) {
    found = found || comments.find(print_schedule(schedule)) != std::string::npos;
  }
  EXPECT_TRUE(found) << name_of(row.collective) << " " << row.name;
}
INSTANTIATE_TEST_SUITE_P(Catalog, Golden, ::testing::Range(size_t{0}, catalog().size()), [](const auto& parameter) {
  const CatalogRow& row = catalog()[parameter.param];
  return fmt::format("{}_{}", name_of(row.collective), row.name);
});

}  // namespace
}  // namespace weft::test
