// The rules that a schedule obeys by itself, before anybody runs it: ranges, loops, ports, waits, unused fields. The
// builder asserts them; the verifier reports them, because a schedule can also come from text.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "schedule/step.h"

namespace weft {

// The error is a sentence such as `lane 1 step 2: 3 recv ports from 2, but the lane has 4`. Steps are named by their
// place in the lane, loop headers included.
Status check_form(const Schedule& schedule, uint32_t rank, uint32_t ranks);

// A ring of as many ranks as a communicator may have takes an eighth of it.
inline constexpr uint32_t kLaneMovesMax = 1 << 20;

// Moves of a lane in one pass, loops unrolled.
uint32_t count_moves(const Schedule& schedule, const Lane& lane);

// What a lane does with each of its ports.
enum class PortUse : uint8_t { none, recv, send, both };
std::vector<PortUse> port_uses(const Schedule& schedule, const Lane& lane);

}  // namespace weft
