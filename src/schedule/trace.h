// A lane written out: what a walk over it does, in order, as plain data. Executor tests compare what was run with it,
// and people read it.
#pragma once

#include <cstdint>
#include <vector>

#include "schedule/layout.h"
#include "schedule/step.h"

namespace weft {

// One move of one pass, its loop unrolled.
struct ExpandedMove {
  uint32_t index = 0;  // its place among the lane's moves: what waits name
  uint32_t trip = 0;
  Step step;
  std::vector<Port> recv, send;                        // in fold order
  std::vector<uint32_t> source_chunks, target_chunks;  // the set, in the buffers of `step`; empty without one
};
std::vector<ExpandedMove> expand(const Schedule& schedule, const Lane& lane);

// One slot of one move in one pass: what a lane does at a time.
struct SlotEvent {
  uint32_t pass = 0, move = 0, slot = 0;
  uint64_t bytes = 0;
  bool operator==(const SlotEvent&) const = default;
};
std::vector<SlotEvent> trace(const Schedule& schedule, const Lane& lane, const Layout& layout, uint64_t slot_bytes);

}  // namespace weft
