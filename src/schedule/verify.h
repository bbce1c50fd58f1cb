// Proves a collective: runs the schedules of all ranks once, abstractly, and judges the result by its contract.
//
// One run is enough for all timings: lanes are sequential, a connection has one writer and one reader, and lanes of a
// rank are shown never to touch the same memory unordered, so every real run computes the same values and stops or ends
// alike (a Kahn network). What is run is what an executor runs: real pieces, slots, credits and passes, aliased buffers
// or separate ones.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "schedule/contract.h"
#include "schedule/step.h"

namespace weft {

// The sizes of one run. An element is 16 bytes, the grain in which data is cut; all sizes are multiples of it.
struct Setting {
  uint64_t block_bytes = 16, pass_bytes = 16, slot_bytes = 16;
  uint32_t credits = 1;  // slots per connection
  bool in_place = false;
};
inline constexpr uint64_t kElementBytes = 16;

enum class Flaw : uint8_t {
  none,
  form,      // a schedule breaks the rules of the language by itself
  extent,    // two sides of a move disagree about the chunks that it carries
  value,     // an output is wrong, missing, mapped not exactly once, or has other bits on another rank
  race,      // two lanes of a rank touch the same memory unordered
  stall,     // lanes wait for each other for ever
  leftover,  // a slot was sent that nobody takes
};

struct Facts {
  bool same_at_all_positions = true;  // one order of sums for all elements (copies: nothing is summed)
  bool canonical = true;              // … and it is the balanced tree over the ranks, apart from roundings
  bool canonical_rounded = true;      // … with a rounding at every node of the tree
  bool keeps_rank_order = true;       // every sum has the ranks in order
  uint64_t expression = 0;            // equal for schedules that give equal bits
  uint64_t sent_bytes = 0;            // by the rank that sends most
  uint32_t steps = 0, moves = 0;      // of the rank that has most: as written, and expanded
};

struct Verdict {
  Flaw flaw = Flaw::none;
  std::string text;  // a sentence that names rank, lane, step and pass
  Facts facts;       // only if there is no flaw
  bool ok() const { return flaw == Flaw::none; }
};

// schedules[r] is that of rank r; at most kVerifyRanksMax ranks.
Verdict verify(std::span<const Schedule> schedules, const Contract& contract, const Setting& setting);

// The least credits with which the setting does not stall, whatever else is wrong; `most` + 1 if even so many do not
// do.
uint32_t least_credits(std::span<const Schedule> schedules, const Contract& contract, Setting setting, uint32_t most);

}  // namespace weft
