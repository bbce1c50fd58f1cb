// Who started this process, and what it said about the job: one look at the environment, made into plain data. Nothing
// is opened and nobody is asked, except a PMIx server when the launcher tells the size in no other way (prterun).
//
// The first launcher of this list that has left its variables is believed:
//   weft run   WEFT_RANK, WEFT_NRANKS         (or set by hand, with WEFT_ROOT)
//   torchrun   RANK, WORLD_SIZE               (or set by hand, with MASTER_ADDR and MASTER_PORT)
//   Open MPI   OMPI_COMM_WORLD_RANK, _SIZE
//   MPICH      PMI_RANK, PMI_SIZE             (every launcher that speaks PMI-1: hydra, srun --mpi=pmi2)
//   PMIx       PMIX_RANK, PMIX_NAMESPACE      (prterun, srun --mpi=pmix)
//   SLURM      SLURM_PROCID, SLURM_STEP_NUM_TASKS
// Where a later one says another rank or size, that is an error, with two exceptions. SLURM is never compared: sbatch
// leaves SLURM_PROCID=0 to everything that its script starts. And torchrun itself (TORCHELASTIC_RUN_ID) is not compared
// with what started it, because one torchrun per host under mpirun is common. `weft run` hides the variables of other
// launchers from its ranks, so these are a world of their own under any launcher.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/config.h"
#include "base/environment.h"
#include "base/status.h"
#include "vendor/pmix.h"

namespace weft {

struct HostPort {
  std::string host;
  uint16_t port = 0;
  bool operator==(const HostPort&) const = default;
};

// How rank 0 can hand a unique id to the others. `well_known`: the launcher carries nothing; ranks meet at the job's
// name (one host) or at `root`. The others: launch_exchange.h.
enum class Exchange : uint8_t { well_known, pmi1, pmix };

struct Launch {
  std::string launcher = "none";  // the names above; "none": no launcher, rank 0 of 1
  int rank = 0;
  int nranks = 1;
  std::optional<int> local_rank;
  std::optional<int> local_size;
  // Tells the jobs of one user on one host apart, a restarted job from its first try included. The same on all ranks.
  // Empty where the launcher says nothing of that kind (MPICH): then ranks cannot meet by name.
  std::string job;
  // Where rank 0 is to be found: it listens at one of the ports root->port ... root->port + root_ports - 1.
  std::optional<HostPort> root;
  int root_ports = 1;
  Exchange exchange = Exchange::well_known;
  std::optional<int> pmi_fd;  // set if exchange is pmi1

  bool on_one_host() const { return nranks == 1 || local_size == nranks; }
};

using AskPmix = std::function<Expected<PmixPlace>()>;

// Errors are invalid_usage and name the variables, their values and what is missing. The second form is told how to ask
// PMIx; the first asks the real server, within WEFT_INIT_TIMEOUT.
Expected<Launch> detect_launch(const Environment& environment, const Config& config);
Expected<Launch> detect_launch(const Environment& environment, const Config& config, const AskPmix& ask_pmix);

}  // namespace weft
