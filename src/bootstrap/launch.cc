#include "bootstrap/launch.h"

#include <algorithm>

#include "bootstrap/launch_variables.h"

namespace weft {
namespace {

constexpr int kTorchrunPorts = 16;  // MASTER_PORT itself belongs to torch's store
constexpr int kPortMax = 65535;

Status read_place(const Environment& environment, Launcher launcher, const AskPmix& ask_pmix, Launch& launch);
Status read_place_from_pmix(const Environment& environment, const AskPmix& ask_pmix, Launch& launch);
Status check_place(const LaunchRow& row, const Launch& launch);
Status check_slurm_step(const Environment& environment, Launcher launcher, const Launch& launch);
Status read_torchrun_root(const Environment& environment, Launch& launch);
Expected<HostPort> parse_host_port(std::string_view name, std::string_view text);
void choose_exchange(const Environment& environment, Launcher launcher, Launch& launch);
std::string job_of(const Environment& environment, Launcher launcher, const Config& config);
Status check_meeting(Launcher launcher, const Launch& launch);

}  // namespace

Expected<Launch> detect_launch(const Environment& environment, const Config& config) {
  const auto deadline = Deadline::after_ms(static_cast<int64_t>(config.number(Variable::init_timeout) * 1e3));
  return detect_launch(environment, config, [deadline]() -> Expected<PmixPlace> {
    WEFT_TRY_ASSIGN(auto* client, PmixClient::of_process());
    return client->ask_place(deadline);
  });
}

Expected<Launch> detect_launch(const Environment& environment, const Config& config, const AskPmix& ask_pmix) {
  const auto launcher = first_launcher(environment);
  if (!launcher) return Launch{};

  Launch launch;
  launch.launcher = row_of(*launcher).launcher;
  WEFT_TRY(read_place(environment, *launcher, ask_pmix, launch));
  WEFT_TRY(check_agreement(environment, *launcher, launch.rank, launch.nranks));
  WEFT_TRY(check_slurm_step(environment, *launcher, launch));

  if (config.is_set(Variable::root)) {
    WEFT_TRY_ASSIGN(launch.root, parse_host_port("WEFT_ROOT", config.text(Variable::root)));
  } else if (*launcher == Launcher::torchrun) {
    WEFT_TRY(read_torchrun_root(environment, launch));
  }
  launch.job = job_of(environment, *launcher, config);
  choose_exchange(environment, *launcher, launch);
  WEFT_TRY(check_meeting(*launcher, launch));
  return launch;
}

namespace {

Status read_place(const Environment& environment, Launcher launcher, const AskPmix& ask_pmix, Launch& launch) {
  const LaunchRow& row = row_of(launcher);
  if (launcher == Launcher::pmix) return read_place_from_pmix(environment, ask_pmix, launch);
  for (const auto& [there, missing] : {std::pair(row.rank, row.nranks), std::pair(row.nranks, row.rank)}) {
    if (is_set(environment, missing)) continue;
    return error(Code::invalid_usage, "{}={} is set, but {} is not: a launcher sets both", there,
                 *value_of(environment, there), missing);
  }
  WEFT_TRY_ASSIGN(const auto nranks, number_of(environment, row.nranks, 1, kLaunchRanksMax));
  WEFT_TRY_ASSIGN(const auto rank, number_of(environment, row.rank, 0, kLaunchRanksMax - 1));
  launch.nranks = *nranks;
  launch.rank = *rank;
  WEFT_TRY_ASSIGN(launch.local_rank, number_of(environment, row.local_rank, 0, kLaunchRanksMax - 1));
  WEFT_TRY_ASSIGN(launch.local_size, number_of(environment, row.local_size, 1, kLaunchRanksMax));
  if (launcher == Launcher::slurm) {
    WEFT_TRY_ASSIGN(const auto hosts, number_of(environment, "SLURM_STEP_NUM_NODES", 1, kLaunchRanksMax));
    if (hosts == 1) launch.local_size = launch.nranks;
  }
  return check_place(row, launch);
}

Status read_place_from_pmix(const Environment& environment, const AskPmix& ask_pmix, Launch& launch) {
  WEFT_TRY_ASSIGN(const auto rank, number_of(environment, "PMIX_RANK", 0, kLaunchRanksMax - 1));
  if (!is_set(environment, "PMIX_NAMESPACE")) {
    return error(Code::invalid_usage, "PMIX_RANK={} is set, but PMIX_NAMESPACE is not: a launcher sets both", *rank);
  }
  WEFT_TRY_ASSIGN(const PmixPlace job, ask_pmix());
  launch.rank = *rank;
  launch.nranks = job.nranks;
  launch.local_rank = job.local_rank;
  launch.local_size = job.local_size;
  return check_place({"PMIx", "PMIX_RANK", "size of the PMIx job", "PMIx local rank", "PMIx local size"}, launch);
}

Status check_place(const LaunchRow& row, const Launch& launch) {
  if (launch.rank >= launch.nranks) {
    return error(Code::invalid_usage, "{}={} is not below {}={}", row.rank, launch.rank, row.nranks, launch.nranks);
  }
  if (launch.local_size && (*launch.local_size < 1 || *launch.local_size > launch.nranks)) {
    return error(Code::invalid_usage, "{}={} is not from 1 to {}={}", row.local_size, *launch.local_size, row.nranks,
                 launch.nranks);
  }
  const int ranks_here = launch.local_size.value_or(launch.nranks);
  if (launch.local_rank && *launch.local_rank >= ranks_here) {
    return error(Code::invalid_usage, "{}={} is not below {}={}", row.local_rank, *launch.local_rank,
                 launch.local_size ? row.local_size : row.nranks, ranks_here);
  }
  return {};
}

// srun without the PMI that a program expects starts many worlds of one, and each would finish and look right.
Status check_slurm_step(const Environment& environment, Launcher launcher, const Launch& launch) {
  if (launch.nranks != 1 || launcher == Launcher::weft_run || launcher == Launcher::slurm) return {};
  WEFT_TRY_ASSIGN(const auto tasks, number_of(environment, "SLURM_STEP_NUM_TASKS", 1, kLaunchRanksMax));
  if (!tasks || *tasks == 1) return {};
  return error(
      Code::invalid_usage,
      "{} processes on this step (SLURM_STEP_NUM_TASKS), but I see a world of 1 ({}): start with srun --mpi=pmix, "
      "or unset SLURM_STEP_NUM_TASKS if separate worlds are meant",
      *tasks, launch.launcher);
}

Status read_torchrun_root(const Environment& environment, Launch& launch) {
  for (const auto* name : {"MASTER_ADDR", "MASTER_PORT"}) {
    if (is_set(environment, name)) continue;
    return error(
        Code::invalid_usage,
        "RANK={} and WORLD_SIZE={} are set, but {} is not: start with torchrun, or set MASTER_ADDR and MASTER_PORT "
        "to an address of rank 0's host and a free port",
        launch.rank, launch.nranks, name);
  }
  WEFT_TRY_ASSIGN(const auto port, number_of(environment, "MASTER_PORT", 1, kPortMax - 1));
  launch.root = HostPort{std::string(*value_of(environment, "MASTER_ADDR")), static_cast<uint16_t>(*port + 1)};
  launch.root_ports = std::min(kTorchrunPorts, kPortMax - *port);
  return {};
}

// host:port or [IPv6 address]:port.
Expected<HostPort> parse_host_port(std::string_view name, std::string_view text) {
  const size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  const bool bracketed = host.size() > 2 && host.find_last_of('[') == 0 && host.find(']') == host.size() - 1;
  const bool plain = !host.empty() && host.find_first_of("[]:") == std::string_view::npos;
  if (!bracketed && !plain) {
    return error(Code::invalid_usage, "{}=\"{}\" is not host:port or [IPv6 address]:port", name, text);
  }
  const auto port = parse_number(text.substr(colon + 1), 1, kPortMax);
  if (!port) return error(Code::invalid_usage, "{}=\"{}\" does not end in a port from 1 to {}", name, text, kPortMax);
  if (bracketed) host = host.substr(1, host.size() - 2);
  return HostPort{std::string(host), static_cast<uint16_t>(*port)};
}

void choose_exchange(const Environment& environment, Launcher launcher, Launch& launch) {
  const bool has_pmix = is_set(environment, "PMIX_RANK") && is_set(environment, "PMIX_NAMESPACE");
  if ((launcher == Launcher::open_mpi || launcher == Launcher::pmix) && has_pmix) launch.exchange = Exchange::pmix;
  if (launcher != Launcher::mpich) return;
  const auto fd = number_of(environment, "PMI_FD", 0, kLaunchRanksMax);
  if (!fd || !*fd) return;
  launch.exchange = Exchange::pmi1;
  launch.pmi_fd = **fd;
}

std::string join_set(const Environment& environment, std::initializer_list<std::string_view> names) {
  std::string joined;
  for (const std::string_view name : names) {
    const auto text = value_of(environment, name);
    if (text) joined += fmt::format("{}{}", joined.empty() ? "" : "/", *text);
  }
  return joined;
}

std::string job_of(const Environment& environment, Launcher launcher, const Config& config) {
  std::string job;
  if (launcher == Launcher::torchrun) {
    job = join_set(environment, {"TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT", "MASTER_ADDR", "MASTER_PORT"});
  } else if (launcher == Launcher::open_mpi || launcher == Launcher::pmix) {
    // Open MPI 4 makes its namespace from a host name and 16 bits of a process id; the second is 128 random bits.
    job = join_set(environment, {"PMIX_NAMESPACE", "OMPI_MCA_orte_precondition_transports"});
  } else if (launcher == Launcher::slurm) {
    job = join_set(environment, {"SLURM_JOB_ID", "SLURM_STEP_ID", "SLURM_RESTART_COUNT"});
  }
  if (!job.empty()) return job;
  return config.text(config.is_set(Variable::job) ? Variable::job : Variable::root);
}

Status check_meeting(Launcher launcher, const Launch& launch) {
  if (launch.nranks == 1 || launch.root || launch.exchange != Exchange::well_known) return {};
  if (launch.on_one_host() && !launch.job.empty()) return {};
  if (launcher == Launcher::mpich) {
    return error(
        Code::invalid_usage,
        "PMI_RANK={} is set, but PMI_FD is not a file descriptor: start with mpiexec, or set WEFT_ROOT=host:port to "
        "an address of rank 0's host and a free port",
        launch.rank);
  }
  if (launcher == Launcher::weft_run) {
    return error(
        Code::invalid_usage,
        "WEFT_RANK={} and WEFT_NRANKS={} are set, but WEFT_ROOT is not: start with weft run, or set "
        "WEFT_ROOT=host:port to an address of rank 0's host and a free port (on one host WEFT_JOB and WEFT_LOCAL_SIZE "
        "do as well)",
        launch.rank, launch.nranks);
  }
  return error(
      Code::invalid_usage,
      "{} started {} ranks on several hosts, but nothing says where rank 0 is: set WEFT_ROOT=host:port to an address "
      "of its host and a free port{}",
      launch.launcher, launch.nranks, launcher == Launcher::slurm ? ", or start with srun --mpi=pmix" : "");
}

}  // namespace
}  // namespace weft
