#include "bootstrap/launch.h"

#include <gtest/gtest.h>

#include "bootstrap/launch_variables.h"

namespace weft {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

Expected<PmixPlace> nobody_asks() {
  ADD_FAILURE() << "PMIx was asked";
  return PmixPlace{};
}

Expected<Launch> detect(const Variables& variables, const AskPmix& ask_pmix = nobody_asks) {
  const Environment environment(variables);
  auto config = Config::parse(environment);
  if (!config) return failure_of(std::move(config));
  return detect_launch(environment, *config, ask_pmix);
}

Expected<PmixPlace> pmix_of_four() {
  return PmixPlace{4, 1, 4};
}

// What each launcher sets in rank 1 of 4 on one host.
const std::map<std::string, Variables> kLaunchers = {
    {"weft run",
     {{"WEFT_RANK", "1"},
      {"WEFT_NRANKS", "4"},
      {"WEFT_LOCAL_RANK", "1"},
      {"WEFT_LOCAL_SIZE", "4"},
      {"WEFT_JOB", "weft-7"}}},
    {"torchrun",
     {{"RANK", "1"},
      {"WORLD_SIZE", "4"},
      {"LOCAL_RANK", "1"},
      {"LOCAL_WORLD_SIZE", "4"},
      {"MASTER_ADDR", "node-a"},
      {"MASTER_PORT", "29500"},
      {"TORCHELASTIC_RUN_ID", "none"},
      {"TORCHELASTIC_RESTART_COUNT", "0"}}},
    {"Open MPI",
     {{"OMPI_COMM_WORLD_RANK", "1"},
      {"OMPI_COMM_WORLD_SIZE", "4"},
      {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
      {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
      {"PMIX_RANK", "1"},
      {"PMIX_NAMESPACE", "1893662721"}}},
    {"MPICH",
     {{"PMI_RANK", "1"}, {"PMI_SIZE", "4"}, {"MPI_LOCALRANKID", "1"}, {"MPI_LOCALNRANKS", "4"}, {"PMI_FD", "6"}}},
    {"PMIx", {{"PMIX_RANK", "1"}, {"PMIX_NAMESPACE", "prterun-a-77@1"}}},
    {"SLURM",
     {{"SLURM_PROCID", "1"},
      {"SLURM_STEP_NUM_TASKS", "4"},
      {"SLURM_NTASKS", "4"},
      {"SLURM_LOCALID", "1"},
      {"SLURM_STEP_NUM_NODES", "1"},
      {"SLURM_JOB_ID", "99"},
      {"SLURM_STEP_ID", "0"}}},
};

Variables merged(const Variables& a, const Variables& b) {
  Variables all = a;
  all.insert(b.begin(), b.end());
  return all;
}

Variables without(Variables variables, const std::string& name) {
  variables.erase(name);
  return variables;
}

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}

void expect_error(const Expected<Launch>& launch, const std::vector<std::string>& parts) {
  ASSERT_FALSE(launch.has_value()) << launch->launcher;
  for (const std::string& part : parts) {
    EXPECT_NE(launch.error().text().find(part), std::string::npos) << part << " is not in: " << launch.error().text();
  }
}

// no launcher
// expect: a world of one
TEST(Launch, none) {
  const auto launch = detect({{"PATH", "/bin"}, {"MASTER_ADDR", "a"}, {"WEFT_RANK", ""}});
  ASSERT_TRUE(launch.has_value());
  EXPECT_EQ(launch->launcher, "none");
  EXPECT_EQ(launch->rank, 0);
  EXPECT_EQ(launch->nranks, 1);
  EXPECT_TRUE(launch->on_one_host());
}

// each launcher alone
// expect: its name, its numbers
TEST(Launch, each_launcher) {
  for (const auto& [name, variables] : kLaunchers) {
    const auto launch = detect(variables, pmix_of_four);
    ASSERT_TRUE(launch.has_value()) << name << ": " << launch.error().text();
    EXPECT_EQ(launch->launcher, name);
    EXPECT_EQ(launch->rank, 1) << name;
    EXPECT_EQ(launch->nranks, 4) << name;
    EXPECT_EQ(launch->local_rank, 1) << name;
    EXPECT_EQ(launch->local_size, 4) << name;
    EXPECT_TRUE(launch->on_one_host()) << name;
  }
}

// each launcher alone
// expect: the right way to exchange an id, and a job's name wherever the launcher has one
TEST(Launch, exchange_and_job) {
  const std::map<std::string, std::pair<Exchange, std::string>> expected = {
      {"weft run", {Exchange::well_known, "weft-7"}}, {"torchrun", {Exchange::well_known, "none/0/node-a/29500"}},
      {"Open MPI", {Exchange::pmix, "1893662721"}},   {"MPICH", {Exchange::pmi1, ""}},
      {"PMIx", {Exchange::pmix, "prterun-a-77@1"}},   {"SLURM", {Exchange::well_known, "99/0"}}};
  for (const auto& [name, variables] : kLaunchers) {
    const auto launch = detect(variables, pmix_of_four);
    ASSERT_TRUE(launch.has_value()) << name;
    EXPECT_EQ(launch->exchange, expected.at(name).first) << name;
    EXPECT_EQ(launch->job, expected.at(name).second) << name;
    EXPECT_EQ(launch->pmi_fd, name == "MPICH" ? std::optional<int>(6) : std::nullopt) << name;
  }
}

// every two launchers, of one opinion
// expect: the first in the order of belief
TEST(Launch, order_of_belief) {
  for (size_t first = 0; first < kLaunchRows.size(); ++first) {
    for (size_t second = first + 1; second < kLaunchRows.size(); ++second) {
      const std::string a(kLaunchRows[first].launcher), b(kLaunchRows[second].launcher);
      const auto launch = detect(merged(kLaunchers.at(a), kLaunchers.at(b)), pmix_of_four);
      ASSERT_TRUE(launch.has_value()) << a << " and " << b << ": " << launch.error().text();
      EXPECT_EQ(launch->launcher, a);
    }
  }
}

// every two launchers that differ in the rank; torchrun's variables set by hand
// expect: an error with both names and both values, except that SLURM is not compared
TEST(Launch, contradicting_ranks) {
  for (size_t first = 0; first < kLaunchRows.size(); ++first) {
    for (size_t second = first + 1; second < kLaunchRows.size(); ++second) {
      const LaunchRow &a = kLaunchRows[first], &b = kLaunchRows[second];
      // Open MPI's own PMIX_RANK gives way to the other PMIx.
      const auto other = with(kLaunchers.at(std::string(b.launcher)), std::string(b.rank), "2");
      const auto launch =
          detect(without(merged(other, kLaunchers.at(std::string(a.launcher))), "TORCHELASTIC_RUN_ID"), pmix_of_four);
      if (b.launcher == "SLURM") {
        EXPECT_TRUE(launch.has_value());
      } else {
        expect_error(launch, {std::string(a.rank) + "=1", std::string(b.rank) + "=2"});
      }
    }
  }
}

// every two launchers that differ in the size
// expect: an error with both names and both values; PMIx sets no size, SLURM is not compared
TEST(Launch, contradicting_sizes) {
  for (size_t first = 0; first < kLaunchRows.size(); ++first) {
    for (size_t second = first + 1; second < kLaunchRows.size(); ++second) {
      const LaunchRow &a = kLaunchRows[first], &b = kLaunchRows[second];
      if (b.nranks.empty()) continue;
      const auto other = with(kLaunchers.at(std::string(b.launcher)), std::string(b.nranks), "8");
      const auto launch =
          detect(without(merged(other, kLaunchers.at(std::string(a.launcher))), "TORCHELASTIC_RUN_ID"), pmix_of_four);
      if (b.launcher == "SLURM") {
        EXPECT_TRUE(launch.has_value());
      } else {
        expect_error(launch, {"=4", std::string(a.nranks), std::string(b.nranks) + "=8"});
      }
    }
  }
}

// one torchrun per host, started by mpirun
// expect: torchrun's ranks, and no complaint about mpirun's
TEST(Launch, torchrun_inside_mpirun) {
  const auto outer = with(kLaunchers.at("Open MPI"), "OMPI_COMM_WORLD_SIZE", "2");
  const auto launch = detect(merged(with(kLaunchers.at("torchrun"), "RANK", "3"), outer));
  ASSERT_TRUE(launch.has_value()) << launch.error().text();
  EXPECT_EQ(launch->rank, 3);
}

// each variable of rank and size missing, one at a time
// expect: an error that names the missing one
TEST(Launch, incomplete_sets) {
  for (const LaunchRow& row : kLaunchRows) {
    if (row.nranks.empty() || row.launcher == "SLURM") continue;
    const std::string rank(row.rank), nranks(row.nranks);
    const Variables variables =
        without(without(kLaunchers.at(std::string(row.launcher)), "PMIX_RANK"), "PMIX_NAMESPACE");
    expect_error(detect(without(variables, rank)), {nranks + "=4 is set, but " + rank + " is not"});
    expect_error(detect(without(variables, nranks)), {rank + "=1 is set, but " + nranks + " is not"});
  }
  expect_error(detect({{"SLURM_STEP_NUM_TASKS", "4"}}), {"SLURM_STEP_NUM_TASKS=4 is set, but SLURM_PROCID is not"});
  expect_error(detect({{"PMIX_RANK", "1"}}), {"PMIX_RANK=1 is set, but PMIX_NAMESPACE is not"});
  for (const std::string name : {"MASTER_ADDR", "MASTER_PORT"}) {
    expect_error(detect(without(kLaunchers.at("torchrun"), name)), {"RANK=1", "WORLD_SIZE=4", name + " is not"});
  }
}

// ranks that could never find rank 0
// expect: an error that says which variable would tell them
TEST(Launch, no_place_to_meet) {
  expect_error(detect({{"WEFT_RANK", "1"}, {"WEFT_NRANKS", "4"}}), {"WEFT_ROOT is not", "WEFT_NRANKS=4"});
  expect_error(detect(with(kLaunchers.at("weft run"), "WEFT_LOCAL_SIZE", "2")), {"WEFT_ROOT"});
  expect_error(detect(without(kLaunchers.at("MPICH"), "PMI_FD")), {"PMI_FD"});
  expect_error(detect(with(kLaunchers.at("SLURM"), "SLURM_STEP_NUM_NODES", "2")), {"WEFT_ROOT", "srun --mpi=pmix"});
  const auto bare = without(without(kLaunchers.at("Open MPI"), "PMIX_RANK"), "PMIX_NAMESPACE");
  expect_error(detect(bare), {"Open MPI", "WEFT_ROOT"});
}

// each number of each launcher made unreadable, negative or far too large
// expect: an error with variable and value
TEST(Launch, malformed_numbers) {
  for (const LaunchRow& row : kLaunchRows) {
    for (const std::string_view name : {row.rank, row.nranks, row.local_rank, row.local_size}) {
      if (name.empty()) continue;
      for (const std::string value : {"one", "1x", " 1", "-1", "99999999999999999999"}) {
        const auto launch =
            detect(with(kLaunchers.at(std::string(row.launcher)), std::string(name), value), pmix_of_four);
        expect_error(launch, {std::string(name) + "=\"" + value + "\""});
      }
    }
  }
}

// a rank that is not below the size, a local rank that is not below the local size (or the size, if that is all there
// is), more local ranks than ranks
// expect: an error with both variables and both values
TEST(Launch, numbers_out_of_range) {
  for (const LaunchRow& row : kLaunchRows) {
    const auto& variables = kLaunchers.at(std::string(row.launcher));
    expect_error(detect(with(variables, std::string(row.rank), "4"), pmix_of_four),
                 {std::string(row.rank) + "=4", "=4"});
    if (row.local_rank.empty()) continue;
    if (row.local_size.empty()) {
      expect_error(detect(with(variables, std::string(row.local_rank), "4")), {std::string(row.local_rank) + "=4"});
      continue;
    }
    const std::string local_rank(row.local_rank), local_size(row.local_size);
    expect_error(detect(with(variables, local_rank, "4")), {local_rank + "=4", local_size + "=4"});
    expect_error(detect(with(variables, local_size, "5")), {local_size + "=5", std::string(row.nranks) + "=4"});
  }
}

// sbatch leaves SLURM_PROCID=0 to the mpirun of its script
// expect: mpirun's rank; and without mpirun, outside any step, a world of one
TEST(Launch, sbatch_leaks_its_rank) {
  const Variables batch = {
      {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "16"}, {"SLURM_LOCALID", "0"}, {"SLURM_JOB_ID", "5"}};
  const auto nested = detect(merged(kLaunchers.at("Open MPI"), batch));
  ASSERT_TRUE(nested.has_value());
  EXPECT_EQ(nested->rank, 1);
  const auto script = detect(batch);
  ASSERT_TRUE(script.has_value());
  EXPECT_EQ(script->launcher, "none");
}

// srun -n 4 of a program whose launcher says that it is alone
// expect: an error with both numbers
TEST(Launch, singletons_under_srun) {
  const Variables step = {{"SLURM_PROCID", "2"}, {"SLURM_STEP_NUM_TASKS", "4"}};
  for (const std::string name : {"Open MPI", "MPICH"}) {
    const auto& row = name == "MPICH" ? row_of(Launcher::mpich) : row_of(Launcher::open_mpi);
    const Variables alone = {{std::string(row.rank), "0"}, {std::string(row.nranks), "1"}};
    expect_error(detect(merged(alone, step)), {"4 processes on this step", "I see a world of 1", name});
  }
  expect_error(detect(merged({{"PMIX_RANK", "0"}, {"PMIX_NAMESPACE", "x"}}, step),
                      [] {
                        return PmixPlace{1, 0, 1};
                      }),
               {"4 processes on this step"});
  EXPECT_TRUE(detect(merged({{"WEFT_RANK", "0"}, {"WEFT_NRANKS", "1"}}, step)).has_value()) << "said by hand";
}

// a PMIx server that does not answer
// expect: its error, passed on
TEST(Launch, pmix_fails) {
  expect_error(detect(kLaunchers.at("PMIx"), [] { return error(Code::timeout, "no answer"); }), {"no answer"});
}

// torchrun's address, also at the end of the range of ports
// expect: the 16 ports after the store's, or as many as there are
TEST(Launch, torchrun_root) {
  for (const auto& [port, count] : {std::pair(29500, 16), std::pair(65533, 2), std::pair(65534, 1)}) {
    const auto launch = detect(with(kLaunchers.at("torchrun"), "MASTER_PORT", std::to_string(port)));
    ASSERT_TRUE(launch.has_value());
    EXPECT_EQ(launch->root, (HostPort{"node-a", static_cast<uint16_t>(port + 1)}));
    EXPECT_EQ(launch->root_ports, count);
  }
  for (const std::string port : {"0", "65535", "http"}) {
    expect_error(detect(with(kLaunchers.at("torchrun"), "MASTER_PORT", port)), {"MASTER_PORT=\"" + port + "\""});
  }
}

// a job that torchrun restarts
// expect: another job
TEST(Launch, restart_is_another_job) {
  const auto& first = kLaunchers.at("torchrun");
  EXPECT_NE(detect(first)->job, detect(with(first, "TORCHELASTIC_RESTART_COUNT", "1"))->job);
}

// WEFT_ROOT beside each launcher
// expect: it is the root, on one port
TEST(Launch, explicit_root) {
  for (const auto& [name, variables] : kLaunchers) {
    const auto launch = detect(with(variables, "WEFT_ROOT", "10.0.0.7:4711"), pmix_of_four);
    ASSERT_TRUE(launch.has_value()) << name;
    EXPECT_EQ(launch->root, (HostPort{"10.0.0.7", 4711}));
    EXPECT_EQ(launch->root_ports, 1);
    EXPECT_FALSE(launch->job.empty()) << name;
  }
}

// the forms of an address
// expect: host and port, or an error with the value
TEST(Launch, forms_of_root) {
  const Variables place = {{"WEFT_RANK", "0"}, {"WEFT_NRANKS", "2"}};
  EXPECT_EQ(detect(with(place, "WEFT_ROOT", "[fe80::1]:80"))->root, (HostPort{"fe80::1", 80}));
  EXPECT_EQ(detect(with(place, "WEFT_ROOT", "node-1.cluster:65535"))->root, (HostPort{"node-1.cluster", 65535}));
  for (const std::string text : {"node", ":80", "fe80::1:80", "[]:80", "node:", "node:0", "node:65536", "node:8o",
                                 "[a:1", "[a]b]:1", "[[::1]]:1"}) {
    expect_error(detect(with(place, "WEFT_ROOT", text)), {"WEFT_ROOT=\"" + text + "\""});
  }
}

}  // namespace
}  // namespace weft
