// What ranks tell each other of their calls, on its way between processes. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bootstrap/call_comparison.h"
#include "bootstrap/communicator_key.h"

namespace weft {

struct CallsNews {
  CommunicatorKey key;
  int from = 0, to = 0;
  bool question = false;         // what did you call last? Without calls
  std::vector<CallWords> calls;  // at most CallComparison::kCallsMax
};

std::vector<std::byte> encode(const CallsNews& news);
std::optional<CallsNews> decode_calls(std::span<const std::byte> body);

}  // namespace weft
