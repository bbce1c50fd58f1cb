// The weft command as its users see it, with ranks that are shell scripts.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <regex>
#include <set>
#include <thread>

#include "tools/command.h"

namespace weft::test {
namespace {

// weft run OPTIONS /bin/sh -c SCRIPT
std::vector<std::string> shell(std::vector<std::string> options, const std::string& script) {
  std::vector<std::string> words = {WEFT_COMMAND, "run"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"/bin/sh", "-c", script});
  return words;
}

std::vector<std::string> sorted_lines(const std::string& text) {
  auto lines = lines_of(text);
  std::ranges::sort(lines);
  return lines;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> with_prefixes(const std::string& out, const std::string& prefix) {
  std::vector<std::string> lines;
  for (const std::string& line : lines_of(out)) {
    if (line.starts_with(prefix)) lines.push_back(line.substr(prefix.size()));
  }
  return lines;
}

// The numbers that follow `word` in a text: process ids that ranks have printed.
std::vector<pid_t> numbers_after(const std::string& text, const std::string& word) {
  std::vector<pid_t> numbers;
  const std::regex pattern(word + " ([0-9]+)");
  for (std::sregex_iterator found(text.begin(), text.end(), pattern), end; found != end; ++found) {
    numbers.push_back(std::stoi((*found)[1]));
  }
  return numbers;
}

// all ranks exit with 0
// expect: 0, a header with version, ranks and job, and nothing else on standard error
TEST(Run, all_is_well) {
  const auto outcome = run_command(shell({"-n", "4"}, "exit 0"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(
      std::regex_match(outcome.err, std::regex("weft 0\\.[0-9.]+  4 ranks on 1 host  job weft-[0-9]+-[0-9a-f]{8}\n")))
      << outcome.err;
}

// one rank fails while the others wait for it
// expect: its status, a report that names it, and an end within the grace time
TEST(Run, one_rank_fails) {
  const auto outcome =
      run_command(shell({"-n", "3", "--grace", "0.05"}, "test $WEFT_RANK = 2 && exit 7; exec sleep 1000"));
  EXPECT_EQ(outcome.status, 7);
  EXPECT_TRUE(std::regex_search(
      outcome.err,
      std::regex(
          "weft: rank 2 \\(pid [0-9]+, host [^)]+\\) left first, exit status 7, [0-9]+\\.[0-9] s after start\n")))
      << outcome.err;
  EXPECT_TRUE(has(outcome.err, "weft: SIGTERM to ranks 0,1, still running 0.05 s later\n")) << outcome.err;
}

// one rank dies by a signal
// expect: 128 + its number, and its name
TEST(Run, one_rank_is_killed) {
  for (const auto& [number, name] :
       {std::pair(SIGKILL, "signal 9 (SIGKILL)"), std::pair(SIGSEGV, "signal 11 (SIGSEGV)")}) {
    const auto outcome = run_command(shell({"-n", "2", "--grace", "0.05"},
                                           fmt::format("test $WEFT_RANK = 1 && kill -{} $$; exec sleep 1000", number)));
    EXPECT_EQ(outcome.status, 128 + number);
    EXPECT_TRUE(has(outcome.err, "rank 1 (pid ") && has(outcome.err, name)) << outcome.err;
  }
}

// all ranks fail, one after the other
// expect: the status of the first; one report, and no signal is needed
TEST(Run, the_first_failure_counts) {
  Command command(shell({"-n", "2", "--grace", "50"}, "test $WEFT_RANK = 1 && exit 5; read word; exit 6"));
  ASSERT_TRUE(command.read_err_until("left first"));
  command.write("go\n");
  EXPECT_EQ(command.wait(), 5);
  EXPECT_EQ(with_prefixes(command.err(), "weft: ").size(), 1u) << command.err();
}

// a rank that exits with 0 early
// expect: the other goes on to its end
TEST(Run, leaving_early_is_no_failure) {
  Command command(
      shell({"-n", "2", "--grace", "0"}, "test $WEFT_RANK = 1 && { echo pid $$; exit 0; }; read word; echo done"));
  ASSERT_TRUE(command.read_until([&] { return numbers_after(command.out(), "pid").size() == 1; }));
  ASSERT_TRUE(is_gone_soon(numbers_after(command.out(), "pid")[0]));
  command.write("go\n");
  EXPECT_EQ(command.wait(), 0);
  EXPECT_TRUE(has(command.out(), "done\n"));
  EXPECT_EQ(with_prefixes(command.err(), "weft: ").size(), 0u) << command.err();
}

// ranks that ignore SIGTERM, after one has failed
// expect: they are killed, and the report says so
TEST(Run, kills_what_does_not_end) {
  const auto outcome =
      run_command(shell({"-n", "2", "--grace", "0.1"},
                        "test $WEFT_RANK = 1 && exit 3; trap '' TERM; echo pid $$; sleep 1000; sleep 1000"));
  EXPECT_EQ(outcome.status, 3);
  EXPECT_TRUE(has(outcome.err, "weft: SIGKILL to rank 0, which did not end\n")) << outcome.err;
  for (const pid_t pid : numbers_after(outcome.out, "pid")) EXPECT_TRUE(is_gone_soon(pid));
}

// --timeout
// expect: 124 and a report
TEST(Run, timeout) {
  const auto outcome = run_command(shell({"-n", "2", "--timeout", "0.1"}, "exec sleep 1000"));
  EXPECT_EQ(outcome.status, 124);
  EXPECT_TRUE(has(outcome.err, "weft: SIGTERM to ranks 0,1, still running 0.1 s after start (--timeout)\n"))
      << outcome.err;
}

// a program that does not exist, and one that may not be executed
// expect: 127 and the system's reason, said once
TEST(Run, program_cannot_be_executed) {
  for (const auto& [program, reason] :
       {std::pair("./no-such-program", "No such file or directory"), std::pair("/etc/passwd", "Permission denied"),
        std::pair("/", "Permission denied")}) {
    const auto outcome = run_command({WEFT_COMMAND, "run", "-n", "3", program});
    EXPECT_EQ(outcome.status, 127);
    EXPECT_TRUE(has(outcome.err, fmt::format("weft: cannot run {}: {}\n", program, reason))) << outcome.err;
    EXPECT_EQ(with_prefixes(outcome.err, "weft: ").size(), 1u);
  }
}

// what each rank finds in its environment
// expect: its place, the job's name, a secret of its own for every job
TEST(Run, environment_of_ranks) {
  std::set<std::string> secrets, jobs;
  for (int run = 0; run < 2; ++run) {
    const auto outcome = run_command(
        shell({"-n", "3", "--prefix", "never"},
              "echo $WEFT_RANK/$WEFT_NRANKS $WEFT_LOCAL_RANK/$WEFT_LOCAL_SIZE root=$WEFT_ROOT $WEFT_JOB $WEFT_SECRET"));
    const auto lines = sorted_lines(outcome.out);
    ASSERT_EQ(lines.size(), 3u);
    for (size_t rank = 0; rank < 3; ++rank) {
      std::smatch parts;
      ASSERT_TRUE(
          std::regex_match(lines[rank], parts, std::regex("([0-9])/3 ([0-9])/3 root= (weft-[^ ]+) ([0-9a-f]{64})")))
          << lines[rank];
      EXPECT_EQ(parts[1], std::to_string(rank));
      EXPECT_EQ(parts[2], std::to_string(rank));
      jobs.insert(parts[3]);
      secrets.insert(parts[4]);
    }
  }
  EXPECT_EQ(jobs.size(), 2u);
  EXPECT_EQ(secrets.size(), 2u);
}

// variables of a launcher around weft run, and others
// expect: the first are hidden from the ranks, the others are there
TEST(Run, hides_outer_launchers) {
  const auto outcome = run_command(
      shell({"-n", "1"}, "echo $RANK$WORLD_SIZE$OMPI_COMM_WORLD_RANK$PMI_FD$PMIX_RANK$SLURM_PROCID$WEFT_ROOT:$MINE"),
      {"RANK=1", "WORLD_SIZE=2", "OMPI_COMM_WORLD_RANK=3", "PMI_FD=4", "PMIX_RANK=5", "SLURM_PROCID=6", "WEFT_ROOT=a:7",
       "MINE=8"});
  EXPECT_EQ(outcome.out, ":8\n");
}

// each form of --prefix, on both streams
// expect: auto leaves rank 0's lines as they are; streams stay apart
TEST(Run, prefixes) {
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
TEST(Run, partial_and_empty_lines) {
  const auto outcome = run_command(shell({"-n", "1", "--prefix", "always"}, "printf 'a\\n\\nb'"));
  EXPECT_EQ(outcome.out, "[0] a\n[0] \n[0] b\n");
}

// rank 0 writes bytes of all kinds without any newline, more than a pipe holds
// expect: exactly these bytes
TEST(Run, bytes_stay_as_they_are) {
  const std::string script = "i=0; while [ $i -lt 3000 ]; do printf '\\000\\001\\377\\r%0100d' $i; i=$((i+1)); done";
  const auto direct = run_command({"/bin/sh", "-c", script});
  const auto outcome = run_command(shell({"-n", "1"}, script));
  EXPECT_EQ(outcome.out.size(), 3000u * 104);
  EXPECT_TRUE(outcome.out == direct.out);
}

// two ranks write lines of 200,000 characters at the same time
// expect: they are broken into pieces, and pieces do not mix
TEST(Run, long_lines_are_broken) {
  const auto outcome = run_command(shell({"-n", "2", "--prefix", "always"}, "printf '%0200000d\\n' $WEFT_RANK"));
  for (const std::string rank : {"0", "1"}) {
    std::string joined;
    for (const std::string& piece : with_prefixes(outcome.out, "[" + rank + "] ")) joined += piece;
    EXPECT_TRUE(joined == std::string(199999, '0') + rank) << joined.size();
  }
}

// several ranks write many lines at the same time
// expect: every line is whole, and those of one rank are in order
TEST(Run, lines_do_not_mix) {
  const auto outcome = run_command(shell({"-n", "4", "--prefix", "always"},
                                         "i=0; while [ $i -lt 500 ]; do echo line $i of $WEFT_RANK; i=$((i+1)); done"));
  for (int rank = 0; rank < 4; ++rank) {
    const auto lines = with_prefixes(outcome.out, fmt::format("[{}] ", rank));
    ASSERT_EQ(lines.size(), 500u);
    for (int i = 0; i < 500; ++i) ASSERT_EQ(lines[static_cast<size_t>(i)], fmt::format("line {} of {}", i, rank));
  }
}

// rank 0 writes without end
// expect: a line of rank 1 arrives nevertheless
TEST(Run, a_flood_starves_nobody) {
  Command command(shell({"-n", "2"}, "test $WEFT_RANK = 0 && exec yes; echo I am here"));
  EXPECT_TRUE(command.read_out_until("[1] I am here\n"));
}

// rank 0 asks without ending the line, and reads the answer; rank 1 reads too
// expect: the question arrives at once, rank 0 has the answer, rank 1 nothing
TEST(Run, standard_input_is_rank_zeros) {
  Command command(shell({"-n", "2"}, "test $WEFT_RANK = 0 && printf 'name? '; read name; echo \"got $name\""));
  ASSERT_TRUE(command.read_out_until("name? "));
  command.write("weft\n");
  EXPECT_EQ(command.wait(), 0) << command.err();
  EXPECT_TRUE(has(command.out(), "got weft\n"));
  EXPECT_TRUE(has(command.out(), "[1] got \n"));
}

// SIGTERM, SIGINT and SIGHUP to weft run
// expect: every rank gets it; the status is 128 + number
TEST(Run, passes_signals_on) {
  for (const auto& [number, name] : {std::pair(SIGTERM, "TERM"), std::pair(SIGINT, "INT"), std::pair(SIGHUP, "HUP")}) {
    Command command(
        shell({"-n", "2", "--prefix", "always"},
              fmt::format("trap 'echo caught {0}; exit 0' {0}; echo ready; while :; do sleep 0.01; done", name)));
    ASSERT_TRUE(command.read_out_until("[0] ready\n") && command.read_out_until("[1] ready\n"));
    command.send_signal(number);
    EXPECT_EQ(command.wait(), 128 + number);
    EXPECT_TRUE(has(command.out(), fmt::format("[0] caught {}\n", name)));
    EXPECT_TRUE(has(command.out(), fmt::format("[1] caught {}\n", name)));
    EXPECT_FALSE(has(command.err(), "left first")) << command.err();
  }
}

// a second SIGINT, to ranks that live on after the first
// expect: all are killed at once
TEST(Run, second_signal_kills) {
  Command command(
      shell({"-n", "2", "--prefix", "always"}, "trap 'echo caught' INT; echo pid $$; while :; do sleep 0.01; done"));
  ASSERT_TRUE(command.read_until([&] { return numbers_after(command.out(), "pid").size() == 2; }));
  command.send_signal(SIGINT);
  ASSERT_TRUE(command.read_out_until("[0] caught\n") && command.read_out_until("[1] caught\n"));
  command.send_signal(SIGINT);
  EXPECT_EQ(command.wait(), 128 + SIGINT);
  for (const pid_t pid : numbers_after(command.out(), "pid")) EXPECT_TRUE(is_gone_soon(pid));
}

// weft run itself is killed
// expect: no rank lives on
TEST(Run, ranks_die_with_weft_run) {
  Command command(shell({"-n", "3"}, "echo pid $$; exec sleep 1000"));
  ASSERT_TRUE(command.read_until([&] { return numbers_after(command.out(), "pid").size() == 3; }));
  command.send_signal(SIGKILL);
  EXPECT_EQ(command.wait(), 128 + SIGKILL);
  for (const pid_t pid : numbers_after(command.out(), "pid")) EXPECT_TRUE(is_gone_soon(pid));
}

// a rank leaves a process behind that holds its output
// expect: weft run waits a moment, not for ever, and ends that process
TEST(Run, leftovers_are_ended) {
  const auto outcome = run_command(shell({"-n", "2"}, "sleep 1000 & echo pid $!"));
  EXPECT_EQ(outcome.status, 0);
  const auto pids = numbers_after(outcome.out, "pid");
  ASSERT_EQ(pids.size(), 2u);
  for (const pid_t pid : pids) EXPECT_TRUE(is_gone_soon(pid));
}

// ranks write more than our reader's pipe holds, and end; the reader comes only later than leftovers would be waited
// for expect: nothing is lost
TEST(Run, slow_reader_loses_nothing) {
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
TEST(Run, blocked_output_blocks_no_signal) {
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
TEST(Run, reader_leaves) {
  Command command(shell({"-n", "2"}, "exec yes"));
  ASSERT_TRUE(command.read_out_until("y\n"));
  command.close_output();
  EXPECT_EQ(command.wait(), 128 + SIGPIPE);
}

// standard streams that are closed
// expect: ranks run all the same
TEST(Run, closed_streams) {
  const auto outcome = run_command(
      {"/bin/sh", "-c", fmt::format("{} run -n 2 /bin/sh -c 'echo out; echo err >&2' <&- >&- 2>&-", WEFT_COMMAND)});
  EXPECT_EQ(outcome.status, 0);
}

// wrong usage of every kind
// expect: 2 and a sentence about it
TEST(Run, wrong_usage) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "subcommand is required"},
      {{"rnu"}, "rnu is not a command; the nearest is run"},
      {{"run"}, "--nranks is required"},
      {{"run", "/bin/true"}, "--nranks is required"},
      {{"run", "-n", "2"}, "no program is given"},
      {{"run", "-n", "2", "--"}, "no program is given"},
      {{"run", "-n"}, "--nranks"},
      {{"run", "-n", "0", "/bin/true"}, "\"0\" is not a number from 1 to 256"},
      {{"run", "-n", "-1", "/bin/true"}, "\"-1\" is not a number from 1 to 256"},
      {{"run", "-n", "1000", "/bin/true"}, "the most processes that weft run starts on one host"},
      {{"run", "-n", "two", "/bin/true"}, "\"two\" is not a number"},
      {{"run", "-n", "2", "--prefix", "some", "/bin/true"}, "--prefix"},
      {{"run", "-n", "2", "--timeout", "-1", "/bin/true"}, "--timeout"},
      {{"run", "-n", "2", "--bind", "/bin/true"}, "--bind"},
  };
  for (const auto& [words, text] : cases) {
    std::vector<std::string> all = {WEFT_COMMAND};
    all.insert(all.end(), words.begin(), words.end());
    const auto outcome = run_command(all);
    EXPECT_EQ(outcome.status, 2) << text;
    EXPECT_TRUE(has(outcome.err, text)) << outcome.err;
  }
}

// options after the program, options of all forms before it
// expect: the first are the program's, the second ours
TEST(Run, where_the_program_begins) {
  for (const std::vector<std::string>& options : std::vector<std::vector<std::string>>{
           {"-n", "1"}, {"-n1"}, {"--nranks=1", "--prefix=never"}, {"--prefix", "never", "-n", "1", "--"}}) {
    std::vector<std::string> words = {WEFT_COMMAND, "run"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"/bin/echo", "-n", "7", "--", "--help", "run"});
    EXPECT_EQ(run_command(words).out, "7 -- --help run");
  }
}

// --version and --help
// expect: the version; an example and the exit statuses
TEST(Run, help) {
  EXPECT_TRUE(run_command({WEFT_COMMAND, "--version"}).out.starts_with("weft 0."));
  const auto help = run_command({WEFT_COMMAND, "run", "--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_TRUE(has(help.out, "weft run -n 4 ./train") && has(help.out, "Exit status")) << help.out;
}

}  // namespace
}  // namespace weft::test
