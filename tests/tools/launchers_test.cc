// Launch detection and the exchange of a unique id under the real launchers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tools/command.h"

namespace weft::test {
namespace {

const std::string kProbe = WEFT_LAUNCH_PROBE;
const std::vector<std::string> kWeftRun = {WEFT_COMMAND, "run", "--prefix", "never", "-n"};
const std::vector<std::string> kMpich = {WEFT_MPICH_MPIEXEC, "-n"};
const std::vector<std::string> kOpenMpi = {WEFT_OPENMPI_MPIRUN, "--oversubscribe", "--bind-to", "none", "-n"};

// Open MPI 4 refuses to run as root, as containers do, unless both are set.
const std::vector<std::string> kAsRoot = {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"};

bool is_installed(const std::string& program) {
  return program.starts_with('/');
}

std::vector<std::string> operator+(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// The word of a line that begins with name=, without the name.
std::string word(const std::string& line, const std::string& name) {
  const size_t at = line.find(name + "=");
  return at == std::string::npos ? "" : line.substr(at + name.size() + 1, line.find(' ', at) - at - name.size() - 1);
}

std::vector<std::string> probe_lines(const Outcome& outcome) {
  std::vector<std::string> lines;
  for (const std::string& line : lines_of(outcome.out)) {
    if (line.starts_with("rank=")) lines.push_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

// Four lines with ranks 0 to 3 of 4 on one host, and one common value of each of the words.
void expect_one_world(const Outcome& outcome, const std::string& launcher, const std::vector<std::string>& common) {
  const auto lines = probe_lines(outcome);
  ASSERT_EQ(lines.size(), 4u) << outcome.out << outcome.err;
  for (int rank = 0; rank < 4; ++rank) {
    const std::string& line = lines[static_cast<size_t>(rank)];
    EXPECT_TRUE(line.starts_with(fmt::format("rank={0} of=4 local={0}/4 ", rank))) << line;
    EXPECT_NE(line.find("launcher=" + launcher), std::string::npos) << line;
    for (const std::string& name : common) EXPECT_EQ(word(line, name), word(lines[0], name)) << line;
  }
  for (const std::string& name : common) EXPECT_FALSE(word(lines[0], name).empty()) << name;
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

// Two exchanges, each with an id of its own.
void expect_two_ids(const Outcome& outcome) {
  const std::string ids = word(probe_lines(outcome).at(0), "ids");
  ASSERT_EQ(ids.size(), 34u) << ids;
  EXPECT_NE(ids.substr(0, 17), ids.substr(17));
}

// weft run
// expect: one world, one job name
TEST(Launchers, weft_run) {
  expect_one_world(run_command(kWeftRun + std::vector<std::string>{"4", kProbe}), "weft run", {"job"});
}

// MPICH's mpiexec, over PMI-1; the launcher takes no offence at the ranks' ends
// expect: one world; both ids reach everybody
TEST(Launchers, mpich) {
  if (!is_installed(kMpich[0])) GTEST_SKIP() << "mpiexec.mpich is not installed";
  const auto outcome = run_command(kMpich + std::vector<std::string>{"4", kProbe});
  expect_one_world(outcome, "MPICH", {"ids"});
  expect_two_ids(outcome);
}

// Open MPI's mpirun, over PMIx
// expect: one world; both ids reach everybody
TEST(Launchers, open_mpi) {
  if (!is_installed(kOpenMpi[0])) GTEST_SKIP() << "mpirun.openmpi is not installed";
  const auto outcome = run_command(kOpenMpi + std::vector<std::string>{"4", kProbe}, kAsRoot);
  expect_one_world(outcome, "Open MPI", {"ids", "job"});
  expect_two_ids(outcome);
}

// a PMIx launcher that tells no size, as prterun
// expect: the size comes from the PMIx server
TEST(Launchers, pmix_without_size) {
  if (!is_installed(kOpenMpi[0])) GTEST_SKIP() << "mpirun.openmpi is not installed";
  const std::vector<std::string> unset = {"/usr/bin/env", "-u", "OMPI_COMM_WORLD_RANK", "-u", "OMPI_COMM_WORLD_SIZE"};
  const auto outcome =
      run_command(kOpenMpi + std::vector<std::string>{"4"} + unset + std::vector<std::string>{kProbe}, kAsRoot);
  expect_one_world(outcome, "PMIx", {"ids", "job"});
  expect_two_ids(outcome);
}

// weft run inside each rank of mpiexec
// expect: worlds of weft run, one per outer rank
TEST(Launchers, weft_run_inside_mpiexec) {
  if (!is_installed(kMpich[0])) GTEST_SKIP() << "mpiexec.mpich is not installed";
  const auto outcome =
      run_command(kMpich + std::vector<std::string>{"2"} + kWeftRun + std::vector<std::string>{"2", kProbe});
  const auto lines = probe_lines(outcome);
  ASSERT_EQ(lines.size(), 4u) << outcome.out << outcome.err;
  std::multiset<std::string> jobs;
  for (const std::string& line : lines) {
    EXPECT_NE(line.find("of=2"), std::string::npos) << line;
    jobs.insert(word(line, "job"));
  }
  EXPECT_EQ(jobs.count(word(lines[0], "job")), 2u);
}

// mpiexec inside a rank of weft run
// expect: the contradiction is told, not one of the two believed
TEST(Launchers, mpiexec_inside_weft_run) {
  if (!is_installed(kMpich[0])) GTEST_SKIP() << "mpiexec.mpich is not installed";
  const auto outcome =
      run_command(kWeftRun + std::vector<std::string>{"1"} + kMpich + std::vector<std::string>{"2", kProbe});
  EXPECT_NE(outcome.status, 0);
  EXPECT_NE(outcome.out.find("WEFT_NRANKS=1 contradicts PMI_SIZE=2"), std::string::npos) << outcome.out;
}

// no launcher
// expect: a world of one
TEST(Launchers, none) {
  const auto outcome = run_command({kProbe});
  EXPECT_EQ(outcome.out, "rank=0 of=1 local=-1/-1 job= launcher=none ids=\n");
}

}  // namespace
}  // namespace weft::test
