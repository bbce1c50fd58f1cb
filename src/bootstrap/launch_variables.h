// The variables in which each launcher tells a process its place, as a table, and the reading of one row of it.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/status.h"

namespace weft {

struct LaunchRow {
  std::string_view launcher;
  std::string_view rank, nranks;            // nranks is empty for PMIx, which must be asked
  std::string_view local_rank, local_size;  // empty: not told
};

enum class Launcher : uint8_t { weft_run, torchrun, open_mpi, mpich, pmix, slurm };

// In order of belief.
inline constexpr std::array<LaunchRow, 6> kLaunchRows = {{
    {"weft run", "WEFT_RANK", "WEFT_NRANKS", "WEFT_LOCAL_RANK", "WEFT_LOCAL_SIZE"},
    {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"},
    {"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"MPICH", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
    {"PMIx", "PMIX_RANK", "", "", ""},
    {"SLURM", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", ""},
}};
inline const LaunchRow& row_of(Launcher launcher) {
  return kLaunchRows[static_cast<size_t>(launcher)];
}

inline constexpr int kLaunchRanksMax = 16777216;  // as WEFT_NRANKS in base/config

// All variables that this table or launch.cc reads, the meeting point included: what `weft run` hides from its ranks.
std::vector<std::string_view> variables_of_launchers();

// The value of a variable; one that is set to nothing counts as not set, everywhere.
std::optional<std::string_view> value_of(const Environment& environment, std::string_view name);
bool is_set(const Environment& environment, std::string_view name);

// A whole number from least to most and nothing else.
std::optional<int> parse_number(std::string_view text, int least, int most);

// Nothing if the variable is not set; an error that names it and its value if it is no whole number from least to most.
Expected<std::optional<int>> number_of(const Environment& environment, std::string_view name, int least, int most);

// The first launcher whose variables are there, complete or not; nothing if there is none.
std::optional<Launcher> first_launcher(const Environment& environment);

// Fails if any other launcher below the chosen one, which said (rank, nranks), says something else.
Status check_agreement(const Environment& environment, Launcher chosen, int rank, int nranks);

}  // namespace weft
