// Why a call does not end: what the lowest rank finds out for those who wait. Plain data.
#pragma once

#include <cstdint>
#include <vector>

#include "base/alive.h"
#include "bootstrap/communicator_key.h"

namespace weft {

struct Diagnosis {
  // A rank that holds the call up.
  struct Culprit {
    int rank = 0;
    CommunicatorKey elsewhere{};  // where it waits; number 0: it waits nowhere, as far as is known
    uint32_t elsewhere_number = 0;
    bool operator==(const Culprit&) const = default;
  };
  static constexpr size_t kCulpritsMax = 16;  // named, of perhaps more

  Cause cause = Cause::none;
  uint32_t number = 0;  // of the call; the lowest that some rank waits in
  uint32_t lag_ms = 0;  // Cause::slow_rank: how much later than the first the culprit entered
  std::vector<Culprit> culprits;
  bool operator==(const Diagnosis&) const = default;
};

}  // namespace weft
