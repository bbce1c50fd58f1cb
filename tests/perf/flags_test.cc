#include "perf/flags.h"

#include <gtest/gtest.h>

namespace weft::perf {
namespace {

Expected<Flags> parse(std::vector<const char*> arguments) {
  return parse_flags(arguments);
}

// no flags
// expect: the defaults of nccl-tests
TEST(PerfFlags, defaults) {
  const auto flags = parse({});
  ASSERT_TRUE(flags.has_value());
  EXPECT_EQ(flags->min_bytes, 33554432u);
  EXPECT_EQ(flags->max_bytes, 33554432u);
  EXPECT_EQ(flags->iterations, 20);
  EXPECT_EQ(flags->warmup_iterations, 1);
  EXPECT_EQ(flags->checks, 1);
  EXPECT_EQ(flags->average, Average::mean);
  EXPECT_EQ(flags->types, std::vector{DataType::float32});
  EXPECT_EQ(flags->operators, std::vector{Operator::sum});
  EXPECT_EQ(flags->root, 0);
}

// short and long forms, joined and apart, and a long name cut short
// expect: all understood
TEST(PerfFlags, forms) {
  const auto flags =
      parse({"-b8", "-e", "64M", "--stepfactor=2", "--iters", "5", "-a", "3", "--agg", "7", "-J", "out.json"});
  ASSERT_TRUE(flags.has_value()) << flags.error().text();
  EXPECT_EQ(flags->min_bytes, 8u);
  EXPECT_EQ(flags->max_bytes, 67108864u);
  EXPECT_EQ(flags->step_factor, 2u);
  EXPECT_EQ(flags->iterations, 5);
  EXPECT_EQ(flags->average, Average::most);
  EXPECT_EQ(flags->calls_per_iteration, 7);
  EXPECT_EQ(flags->json_path, "out.json");
}

// every type and operator by nccl-tests' name, weft's name and number; and all of them
// expect: that one; twelve and five
TEST(PerfFlags, types_and_operators) {
  for (int i = 0; i < kDataTypeCount; ++i) {
    const DataType type = *data_type_of(i);
    for (const std::string& word : {std::string(name_of(type)), std::string(table_name_of(type)), std::to_string(i)})
      EXPECT_EQ(parse({"-d", word.c_str()})->types, std::vector{type}) << word;
  }
  for (int i = 0; i < kOperatorCount; ++i)
    for (const std::string& word : {std::string(name_of(*operator_of(i))), std::to_string(i)})
      EXPECT_EQ(parse({"-o", word.c_str()})->operators, std::vector{*operator_of(i)}) << word;
  EXPECT_EQ(parse({"-d", "all"})->types.size(), 12u);
  EXPECT_EQ(parse({"-o", "all"})->operators.size(), 5u);
}

// a root, and the two ways to ask for all
// expect: that rank; none
TEST(PerfFlags, roots) {
  EXPECT_EQ(parse({"-r", "3"})->root, 3);
  EXPECT_EQ(parse({"-r", "-1"})->root, std::nullopt);
  EXPECT_EQ(parse({"--root=all"})->root, std::nullopt);
}

// flags, values and combinations that are wrong
// expect: an error that has the given words
TEST(PerfFlags, refuses) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> cases = {
      {{"-Q"}, "unknown flag -Q"},
      {{"-b", "8", "--sizes", "4"}, "unknown flag --sizes"},
      {{"-b"}, "-b needs a value"},
      {{"8M"}, "\"8M\" belongs to no flag"},
      {{"-b", "8X"}, "-b, --minbytes: \"8X\" is not a size"},
      {{"-b", "-8"}, "is not a size"},
      {{"-b", ""}, "is not a size"},
      {{"-e", "9999999G"}, "is not a size"},
      {{"-n", "0"}, "-n, --iters: \"0\" is not a whole number from 1"},
      {{"-n", "20x"}, "is not a whole number"},
      {{"-n", "99999999999"}, "is not a whole number"},
      {{"-t", "0"}, "-t, --nthreads"},
      {{"-g", "2"}, "-g, --ngpus: \"2\" is not 1"},
      {{"-d", "quad"}, "\"quad\" is not all, a number from 0 to 11 or one of int8, uint8"},
      {{"-d", "12"}, "\"12\" is not all"},
      {{"-o", "mulsum"}, "\"mulsum\" is not all"},
      {{"-r", "-2"}, "is not a rank"},
      {{"-z", "4"}, "from 0 to 3"},
      {{"-a", "4"}, "from 0 to 3"},
      {{"-R", "1"}, "--local_register: \"1\" is not 0"},
      {{"--memory", "gpu"}, "\"gpu\" is not malloc or shared"},
      {{"--batch_seconds", "nan"}, "is not a number of seconds"},
      {{"-b", "16", "-e", "8"}, "--minbytes 16 is above --maxbytes 8"},
      {{"-b", "0", "-f", "2"}, "--minbytes 0 cannot be multiplied"},
      {{"-b", "0", "-e", "8", "-i", "0"}, "--stepbytes 0 never reaches"},
  };
  for (const auto& [arguments, words] : cases) {
    const auto flags = parse(arguments);
    ASSERT_FALSE(flags.has_value()) << words;
    EXPECT_EQ(flags.error().code(), Code::invalid_usage);
    EXPECT_NE(flags.error().text().find(words), std::string::npos) << flags.error().text();
  }
}

// sizes with and without suffix
// expect: bytes, fractions cut
TEST(PerfFlags, sizes) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("1000"), 1000u);
  EXPECT_EQ(parse_size("4k"), 4096u);
  EXPECT_EQ(parse_size("1.5M"), 1572864u);
  EXPECT_EQ(parse_size("4096G"), size_t{1} << 42);
  for (const char* text : {"K", "1KB", "1 K", "0x10", "1e400", "inf"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

// steps multiplied, steps added, an end that no step meets, one size
// expect: every size up to the end
TEST(PerfFlags, series) {
  EXPECT_EQ(sizes_of(*parse({"-b", "8", "-e", "64", "-f", "2"})), (std::vector<size_t>{8, 16, 32, 64}));
  EXPECT_EQ(sizes_of(*parse({"-b", "0", "-e", "25", "-i", "10"})), (std::vector<size_t>{0, 10, 20}));
  EXPECT_EQ(sizes_of(*parse({"-b", "8", "-e", "8", "-i", "0"})), (std::vector<size_t>{8}));
}

// the help page
// expect: a line for every flag of nccl-tests that is understood
TEST(PerfFlags, usage) {
  const std::string text = usage("all_reduce_perf");
  for (const char* name :
       {"minbytes", "maxbytes", "stepbytes", "stepfactor", "iters", "agg_iters", "warmup_iters", "check", "datatype",
        "op", "root", "parallel_init", "nthreads", "ngpus", "blocking", "average", "timeout", "json"})
    EXPECT_NE(text.find(std::string("--") + name + " <"), std::string::npos) << name;
}

}  // namespace
}  // namespace weft::perf
