// The unique id of the communicator of all processes that a launcher started.
#pragma once

#include "base/deadline.h"
#include "bootstrap/launch.h"
#include "bootstrap/unique_id.h"
#include "comm/process_config.h"

namespace weft {

// Rank 0 starts the root. Blocks until the id is known, at most until the deadline.
Expected<UniqueId> launched_id(const Launch& launch, const ProcessConfig& process, Deadline deadline);

}  // namespace weft
