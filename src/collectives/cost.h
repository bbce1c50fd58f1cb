// What a schedule costs on a machine: the time of its critical path, found by running it with a clock instead of data.
// No formula per algorithm, so nothing to keep in step with the generators.
#pragma once

#include <cstdint>
#include <span>

#include "collectives/machine.h"
#include "schedule/step.h"

namespace weft {

// schedules[r] is that of rank r; the data is `blocks` blocks of `block_bytes`. Nanoseconds from the moment at which
// all ranks call until the last has returned. The schedules must be correct (the verifier's business). Long vectors are
// extrapolated from a few passes.
double cost_ns(std::span<const Schedule> schedules, uint64_t block_bytes, uint32_t blocks, const Machine& machine);

}  // namespace weft
