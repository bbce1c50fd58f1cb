// weft trace on fixed records, and the way of records from ranks through weft run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/text.h"
#include "tools/command.h"
#include "tools/flight_file.h"

namespace weft::test {
namespace {

constexpr uint64_t kMs = 2'000'000;  // ticks

// Ranks 0 and 1 on one host; rank 2 on another whose clocks are ahead by 4 and behind by 3 seconds, so 1 in all.
std::vector<std::string> three_ranks(const FlightFolder& folder) {
  return {folder.write(0, "node-a", 1, 100'000'000'000, {{4095, 10 * kMs, kMs / 2}, {4096, 20 * kMs, 3 * kMs, 6}}),
          folder.write(1, "node-a", 1, 100'000'000'777,
                       {{4094, 5 * kMs, kMs / 500}, {4095, 10 * kMs, kMs / 4}, {4096, 21 * kMs, 0, 0, false}}),
          folder.write(2, "node-b", 2, 101'000'000'000, {})};
}

std::vector<std::string> weft_trace(const std::vector<std::string>& options, const std::vector<std::string>& files) {
  std::vector<std::string> words = {WEFT_COMMAND, "trace"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), files.begin(), files.end());
  return words;
}

// three records as text, given out of order
// expect: exactly this
TEST(Trace, table) {
  const FlightFolder folder;
  const auto files = three_ranks(folder);
  const auto outcome = run_command(weft_trace({"--text", "--last", "2"}, {files[2], files[0], files[1]}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            R"(  operation                                              began s       took us  result
rank 0 of 3  node-a pid 4710  communicator 0000000000c0ffee
  all_reduce #4095 float32 sum count=4096               0.005000         500.0  ok
  all_reduce #4096 float32 sum count=4096               0.015000        3000.0  a peer died, left or could not be reached
rank 1 of 3  node-a pid 4711  communicator 0000000000c0ffee
  all_reduce #4095 float32 sum count=4096               0.005000         250.0  ok
  all_reduce #4096 float32 sum count=4096               0.016000             -  under way
rank 2 of 3  node-b pid 4712  communicator 0000000000c0ffee

when the last of these records ended, 0.018000 s after the first operation:
rank 0 was in no collective; all_reduce #4096 float32 sum count=4096 failed after 3.0 ms: a peer died, left or could not be reached
rank 1 was in all_reduce #4096 float32 sum count=4096 for 2.0 ms; last finished #4095
rank 2 had entered no collective
)");
}

// rank 1 enters nine of ten calls 2 ms after the first; then all at once; then calls that one record does not hold
// expect: a line that names it; none; none
TEST(Trace, slow_rank) {
  const FlightFolder folder;
  const auto records = [&](uint64_t late_ticks, uint32_t gap) {
    std::vector<std::string> files;
    for (const int rank : {0, 1, 2}) {
      std::vector<FixedOperation> operations;
      for (uint32_t call = 1; call <= 10; ++call) {
        const bool late = rank == (call == 4 ? 2 : 1);
        const uint32_t number = rank == 2 ? call + gap : call;
        operations.push_back({number, call * 10 * kMs + (late ? late_ticks : static_cast<uint64_t>(rank)), kMs});
      }
      files.push_back(folder.write(rank, "node-a", 1, 0, operations));
    }
    return run_command(weft_trace({"--text", "--last", "0"}, files)).out;
  };
  expect_text(records(2 * kMs, 0), {"\nSLOW_RANK 1: last into 90 % of 10 calls, median 2.0 ms after the first\n"});
  EXPECT_FALSE(contains(records(kMs / 100, 0), "SLOW_RANK"));
  EXPECT_FALSE(contains(records(2 * kMs, 5), "SLOW_RANK"));
}

// the same as JSON, with an operation of the other host
// expect: a track for each rank, names, and times that the clocks of both hosts agree on
TEST(Trace, json) {
  const FlightFolder folder;
  auto files = three_ranks(folder);
  files[2] = folder.write(2, "node-b", 2, 101'000'000'000, {{4095, 10 * kMs, kMs}});
  const std::string path = folder.path() + "/out.json";
  const auto outcome = run_command(weft_trace({"-o", path}, files));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  const auto trace = nlohmann::json::parse(run_command({"/bin/cat", path}).out);
  std::string events;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.at("ph") == "M") {
      events += fmt::format("{} {}\n", event.at("tid").get<int>(), event.at("args").at("name").get<std::string>());
    } else {
      events +=
          fmt::format("{} {} {} at {} for {}\n", event.at("tid").get<int>(), event.at("ph").get<std::string>(),
                      event.at("name").get<std::string>(), event.at("ts").get<double>(), event.value("dur", -1.0));
    }
  }
  EXPECT_EQ(events,
            "0 communicator 0000000000c0ffee, 3 ranks\n"
            "0 rank 0 (node-a pid 4710)\n"
            "0 X all_reduce float32 sum 16 KiB #4095 at 5000 for 500\n"
            "0 X all_reduce float32 sum 16 KiB #4096 at 15000 for 3000\n"
            "1 rank 1 (node-a pid 4711)\n"
            "1 X all_reduce float32 sum 16 KiB #4094 at 0 for 2\n"
            "1 X all_reduce float32 sum 16 KiB #4095 at 5000 for 250\n"
            "1 B all_reduce float32 sum 16 KiB #4096 at 16000 for -1\n"
            "2 rank 2 (node-b pid 4712)\n"
            "2 X all_reduce float32 sum 16 KiB #4095 at 1005000 for 1000\n");
}

// files that are no records, with one that is
// expect: status 1, an error for each with offset and cause, and the good one shown
TEST(Trace, bad_files) {
  const FlightFolder folder;
  const std::string good = folder.write(0, "node-a", 1, 0, {{1, 0, kMs}});
  const std::string text = folder.write_bytes("text", std::string(200'000, 'x'));
  const std::string cut = folder.write_bytes("cut", "weft");
  const auto outcome = run_command(weft_trace({"--text"}, {text, cut, folder.path() + "/none", folder.path(), good}));
  EXPECT_EQ(outcome.status, 1);
  expect_text(outcome.err, {"weft: " + text + ": offset 0: 7878787878787878 is not how a flight record begins",
                            "weft: " + cut + ": offset 4: it ends here; a flight record has 36864 bytes",
                            "weft: " + folder.path() + "/none: No such file or directory",
                            "weft: " + folder.path() + ": offset 0: it is not a plain file"});
  expect_text(outcome.out, {"rank 0 was in no collective; last finished all_reduce #1 float32 sum count=4096"});
}

// wrong usage, and an output that cannot be written
// expect: 2; 1 and the reason
TEST(Trace, usage) {
  const FlightFolder folder;
  EXPECT_EQ(run_command({WEFT_COMMAND, "trace"}).status, 2);
  expect_text(run_command({WEFT_COMMAND, "trace"}).err, {"files is required", "Try: weft trace --help"});
  expect_text(run_command({WEFT_COMMAND, "trace", "--help"}).out, {"https://ui.perfetto.dev", "/proc/PID/fd/N"});
  const auto outcome = run_command(weft_trace({"-o", "/no/such/file"}, {folder.write(0, "a", 1, 0, {})}));
  EXPECT_EQ(outcome.status, 1);
  expect_text(outcome.err, {"weft: cannot write /no/such/file: No such file or directory"});
}

std::vector<std::string> probe(const std::vector<std::string>& options, const std::string& mode) {
  std::vector<std::string> words = {WEFT_COMMAND, "run", "-n", "3"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {WEFT_FLIGHT_PROBE, mode});
  return words;
}

// a rank is killed in a collective that rank 0 never enters
// expect: the report names what it was in; the records are kept where asked for, and tell the same
TEST(Trace, run_names_the_operation_of_a_killed_rank) {
  const FlightFolder folder;
  const auto outcome = run_command(probe({"--trace-dir", folder.path()}, "kill"));
  EXPECT_NE(outcome.status, 0);
  const std::string place = "in all_reduce #3 float32 sum count=4096 for [0-9.]+ (us|ms|s); last finished #2\n";
  EXPECT_FALSE(match(outcome.err, "weft: ranks? (1,)?2 (was|were) " + place).empty()) << outcome.err;
  expect_text(outcome.err, {"weft: rank 0 was in no collective; last finished broadcast #2 float32 count=100 root=1, ",
                            "weft: 3 flight records are in " + folder.path()});
  const auto files = folder.files();
  ASSERT_EQ(files.size(), 3u);
  const auto shown = run_command(weft_trace({"--text"}, files));
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_FALSE(match(shown.out, "rank 2 was " + place).empty()) << shown.out;
}

// rank 0 ends with a status while the others are in a collective; nothing is asked for
// expect: what it was in is told, and no file is left
TEST(Trace, run_names_the_operation_of_a_failed_rank) {
  const FlightFolder folder;
  const auto outcome =
      run_command({"/bin/sh", "-c",
                   fmt::format("cd {} && exec {} run -n 3 {} exit", folder.path(), WEFT_COMMAND, WEFT_FLIGHT_PROBE)});
  EXPECT_EQ(outcome.status, 3);
  expect_text(outcome.err, {"weft: rank 0 was in no collective; last finished broadcast #2", "all_reduce #3 float32"});
  EXPECT_TRUE(folder.files().empty());
}

// all is well, with WEFT_TRACE_DIR and a directory of weft run
// expect: the first gets files, which say that the ranks left in good order; the second and the report get nothing
TEST(Trace, records_in_a_directory) {
  const FlightFolder wanted, unused;
  const auto outcome = run_command(probe({"--trace-dir", unused.path()}, "good"), {"WEFT_TRACE_DIR=" + wanted.path()});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
  EXPECT_TRUE(unused.files().empty());
  ASSERT_EQ(wanted.files().size(), 3u);
  const auto shown = run_command(weft_trace({"--text", "--last", "0"}, wanted.files()));
  EXPECT_FALSE(match(shown.out,
                     "rank 2 was in no collective; last finished all_reduce #3 float32 sum count=4096, "
                     "[0-9.]+ (us|ms|s) before; it had destroyed its communicator\n")
                   .empty())
      << shown.out;
}

// rank 1 comes 10 ms late to 30 of 33 collectives
// expect: it is named as slow
TEST(Trace, names_a_slow_rank) {
  const FlightFolder folder;
  EXPECT_EQ(run_command(probe({}, "slow"), {"WEFT_TRACE_DIR=" + folder.path()}).status, 0);
  const auto shown = run_command(weft_trace({"--text", "--last", "0"}, folder.files()));
  EXPECT_FALSE(match(shown.out,
                     "SLOW_RANK 1: last into (7[5-9]|[89][0-9]|100) % of 33 calls, median [0-9.]+ ms after the first\n")
                   .empty())
      << shown.out;
}

// WEFT_TRACE_DIR is no directory
// expect: an error of init that names it
TEST(Trace, no_directory) {
  const auto outcome = run_command(probe({}, "good"), {"WEFT_TRACE_DIR=/no/such/directory"});
  EXPECT_NE(outcome.status, 0);
  expect_text(outcome.err, {"cannot make /no/such/directory/weft-", "No such file or directory"});
}

}  // namespace
}  // namespace weft::test
