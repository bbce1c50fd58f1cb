// The generators: each a pure function from a shape to the schedule of one rank, in a file of its own name that
// explains it. Only the catalog and their tests call them.
#pragma once

#include "collectives/collective.h"
#include "schedule/step.h"

namespace weft {

Schedule ring_all_reduce(const Shape& shape);
Schedule ring_reduce_scatter(const Shape& shape);
Schedule ring_all_gather(const Shape& shape);
Schedule doubling_all_reduce(const Shape& shape);
Schedule one_shot_all_reduce(const Shape& shape);
Schedule two_shot_all_reduce(const Shape& shape);
Schedule direct_reduce_scatter(const Shape& shape);
Schedule direct_all_gather(const Shape& shape);
Schedule direct_broadcast(const Shape& shape);
Schedule direct_reduce(const Shape& shape);
Schedule chain_broadcast(const Shape& shape);
Schedule chain_reduce(const Shape& shape);

}  // namespace weft
