// Where a rank is in the order of a communicator's calls, as it tells the others. Plain data.
#pragma once

#include <cstdint>

#include "bootstrap/call_comparison.h"
#include "bootstrap/communicator_key.h"

namespace weft {

struct RankPlace {
  CallWords latest;          // the call that it entered last; number 0: none
  bool inside = false;       // and it has not come out
  uint32_t since_ms = 0;     // since it entered the latest, or since it came out
  uint32_t finished_ms = 0;  // since the end of the latest that has ended
  uint64_t thread = 0;       // that made the latest call; 0: unknown. Of this process only: it does not travel.

  // Only of a rank that is not inside: the call on another communicator in which its thread waits; number 0: none.
  CommunicatorKey elsewhere{};
  CallWords elsewhere_call;
  bool crossed = false;  // and one that is missing there waits here
  bool operator==(const RankPlace&) const = default;
};

}  // namespace weft
