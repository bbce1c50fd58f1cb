// Carries a unique id from rank 0 to the others through what the launcher offers (PMI-1 or PMIx).
//
// Every rank of the launch calls it, in the same order when there are several. The conversation with the launcher stays
// open until the process ends normally (exit, not _exit): launchers take another end as a failure and end the job. An
// Open MPI in the process may come before, after or not at all. An MPICH owns the one socket of PMI-1, so where one is
// loaded the call fails and says the way around it.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "bootstrap/launch.h"

namespace weft {

inline constexpr size_t kExchangeBytesMax = 512;

// Rank 0 and only rank 0 gives `mine`, at most kExchangeBytesMax; every rank gets those bytes. For launches whose
// exchange is not well_known. One thread at a time.
Expected<std::vector<std::byte>> exchange_from_rank_zero(const Launch& launch,
                                                         std::optional<std::vector<std::byte>> mine, Deadline deadline);

}  // namespace weft
