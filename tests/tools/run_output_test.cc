// What becomes of the ranks' output under weft run, and of its input.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <map>
#include <thread>

#include "tools/command.h"

namespace weft::test {
namespace {

// each form of --prefix, on both streams
// expect: auto leaves rank 0's lines as they are; streams stay apart
TEST(RunOutput, prefixes) {
  const std::string script = "echo out; echo err >&2";
  const std::map<std::string, std::vector<std::string>> expected = {
      {"auto", {"", "[1] "}}, {"always", {"[0] ", "[1] "}}, {"never", {"", ""}}};
  for (const auto& [form, prefixes] : expected) {
    const auto outcome = run_command(shell({"-n", "2", "--prefix", form}, script));
    std::vector<std::string> out, err;
    for (const std::string& prefix : prefixes) {
      out.push_back(prefix + "out");
      err.push_back(prefix + "err");
    }
    std::ranges::sort(out);
    std::ranges::sort(err);
    EXPECT_EQ(sorted_lines(outcome.out), out) << form;
    auto lines = lines_of(outcome.err);
    lines.erase(lines.begin());  // the header
    std::ranges::sort(lines);
    EXPECT_EQ(lines, err) << form;
  }
}

// a last line without its end, and empty lines
// expect: passed on, each with a prefix
TEST(RunOutput, partial_and_empty_lines) {
  const auto outcome = run_command(shell({"-n", "1", "--prefix", "always"}, "printf 'a\\n\\nb'"));
  EXPECT_EQ(outcome.out, "[0] a\n[0] \n[0] b\n");
}

// rank 0 writes bytes of all kinds without any newline, more than a pipe holds
// expect: exactly these bytes
TEST(RunOutput, bytes_stay_as_they_are) {
  const std::string script = "i=0; while [ $i -lt 3000 ]; do printf '\\000\\001\\377\\r%0100d' $i; i=$((i+1)); done";
  const auto direct = run_command({"/bin/sh", "-c", script});
  const auto outcome = run_command(shell({"-n", "1"}, script));
  EXPECT_EQ(outcome.out.size(), 3000u * 104);
  EXPECT_TRUE(outcome.out == direct.out);
}

// two ranks write lines of 200,000 characters at the same time
// expect: they are broken into pieces, and pieces do not mix
TEST(RunOutput, long_lines_are_broken) {
  const auto outcome = run_command(shell({"-n", "2", "--prefix", "always"}, "printf '%0200000d\\n' $WEFT_RANK"));
  for (const std::string rank : {"0", "1"}) {
    std::string joined;
    for (const std::string& piece : with_prefix(outcome.out, "[" + rank + "] ")) joined += piece;
    EXPECT_TRUE(joined == std::string(199999, '0') + rank) << joined.size();
  }
}

// several ranks write many lines at the same time
// expect: every line is whole, and those of one rank are in order
TEST(RunOutput, lines_do_not_mix) {
  const auto outcome = run_command(shell({"-n", "4", "--prefix", "always"},
                                         "i=0; while [ $i -lt 500 ]; do echo line $i of $WEFT_RANK; i=$((i+1)); done"));
  for (int rank = 0; rank < 4; ++rank) {
    const auto lines = with_prefix(outcome.out, fmt::format("[{}] ", rank));
    ASSERT_EQ(lines.size(), 500u);
    for (int i = 0; i < 500; ++i) ASSERT_EQ(lines[static_cast<size_t>(i)], fmt::format("line {} of {}", i, rank));
  }
}

// rank 0 writes without end
// expect: a line of rank 1 arrives nevertheless
TEST(RunOutput, a_flood_starves_nobody) {
  Command command(shell({"-n", "2"}, "test $WEFT_RANK = 0 && exec yes; echo I am here"));
  EXPECT_TRUE(command.read_out_until("[1] I am here\n"));
}

// rank 0 asks without ending the line, and reads the answer; rank 1 reads too
// expect: the question arrives at once, rank 0 has the answer, rank 1 nothing
TEST(RunOutput, standard_input_is_rank_zeros) {
  Command command(shell({"-n", "2"}, "test $WEFT_RANK = 0 && printf 'name? '; read name; echo \"got $name\""));
  ASSERT_TRUE(command.read_out_until("name? "));
  command.write("weft\n");
  EXPECT_EQ(command.wait(), 0) << command.err();
  EXPECT_TRUE(has(command.out(), "got weft\n"));
  EXPECT_TRUE(has(command.out(), "[1] got \n"));
}

// ranks write more than our reader's pipe holds, and end; the reader comes only later than leftovers would be waited
// for expect: nothing is lost
TEST(RunOutput, slow_reader_loses_nothing) {
  Command command(shell({"-n", "4", "--prefix", "always"}, "echo pid $$ >&2; printf '%060000d\\n' 1"));
  command.leave_output_unread(true);
  ASSERT_TRUE(command.read_until([&] { return numbers_after(command.err(), "pid").size() == 4; }));
  for (const pid_t pid : numbers_after(command.err(), "pid")) ASSERT_TRUE(is_gone_soon(pid));
  std::this_thread::sleep_for(std::chrono::milliseconds(1300));
  command.leave_output_unread(false);
  EXPECT_EQ(command.wait(), 0);
  EXPECT_EQ(command.out().size(), 4u * (4 + 60000 + 1));
}

// nobody reads what a rank writes without end
// expect: signals work nevertheless: the first reaches the rank, the second ends weft run
TEST(RunOutput, blocked_output_blocks_no_signal) {
  Command command(shell({"-n", "1"}, "trap 'echo caught >&2; exit 9' TERM; yes & echo ready >&2; wait"));
  command.leave_output_unread(true);
  ASSERT_TRUE(command.read_err_until("ready\n"));
  command.send_signal(SIGTERM);
  ASSERT_TRUE(command.read_err_until("caught\n"));
  command.send_signal(SIGTERM);
  EXPECT_EQ(command.wait_unread(), 128 + SIGTERM);
}

// the reader of standard output leaves
// expect: the job ends as a program in a pipeline does
TEST(RunOutput, reader_leaves) {
  Command command(shell({"-n", "2"}, "exec yes"));
  ASSERT_TRUE(command.read_out_until("y\n"));
  command.close_output();
  EXPECT_EQ(command.wait(), 128 + SIGPIPE);
}

// standard streams that are closed
// expect: ranks run all the same
TEST(RunOutput, closed_streams) {
  const auto outcome = run_command(
      {"/bin/sh", "-c", fmt::format("{} run -n 2 /bin/sh -c 'echo out; echo err >&2' <&- >&- 2>&-", WEFT_COMMAND)});
  EXPECT_EQ(outcome.status, 0);
}

}  // namespace
}  // namespace weft::test
