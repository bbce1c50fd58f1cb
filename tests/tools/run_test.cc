// The weft command as its users see it, with ranks that are shell scripts.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "tools/command.h"

namespace weft::test {
namespace {

// all ranks exit with 0
// expect: 0, a header with version, ranks and job, and nothing else on standard error
TEST(Run, all_is_well) {
  const auto outcome = run_command(shell({"-n", "4"}, "exit 0"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_FALSE(match(outcome.err, "^weft 0\\.[0-9.]+  4 ranks on 1 host  job weft-[0-9]+-[0-9a-f]{8}\n$").empty())
      << outcome.err;
}

// one rank fails while the others wait for it
// expect: its status, a report that names it, and an end within the grace time
TEST(Run, one_rank_fails) {
  const auto outcome =
      run_command(shell({"-n", "3", "--grace", "0.05"}, "test $WEFT_RANK = 2 && exit 7; exec sleep 1000"));
  EXPECT_EQ(outcome.status, 7);
  const std::string report =
      "weft: rank 2 \\(pid [0-9]+, host [^)]+\\) left first, exit status 7, [0-9]+\\.[0-9] s after start\n";
  EXPECT_FALSE(match(outcome.err, report).empty()) << outcome.err;
  EXPECT_TRUE(has(outcome.err, "weft: SIGTERM to ranks 0,1, still running 0.05 s later (--grace)\n")) << outcome.err;
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
  EXPECT_EQ(with_prefix(command.err(), "weft: ").size(), 1u) << command.err();
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
  EXPECT_EQ(with_prefix(command.err(), "weft: ").size(), 0u) << command.err();
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
    EXPECT_EQ(with_prefix(outcome.err, "weft: ").size(), 1u);
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
      const auto parts = match(lines[rank], "^([0-9])/3 ([0-9])/3 root= (weft-[^ ]+) ([0-9a-f]{64})$");
      ASSERT_EQ(parts.size(), 5u) << lines[rank];
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
