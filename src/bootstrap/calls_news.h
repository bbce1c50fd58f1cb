// What ranks tell each other of their calls, on its way between processes. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bootstrap/call_comparison.h"
#include "bootstrap/communicator_key.h"
#include "bootstrap/diagnosis.h"
#include "bootstrap/rank_place.h"

namespace weft {

struct CallsNews {
  enum class Kind : uint8_t {
    told,       // an answer: my calls around the one that was asked for, or my latest; and where I am
    waiting,    // the same of a rank that waits in call `number`: others should be asked
    stuck,      // the same, and a report should be printed
    question,   // what did you call at `number`? Answered at once, and again when that call has been entered
    diagnosis,  // the answer to `waiting` and `stuck`
  };
  CommunicatorKey key;
  int from = 0, to = 0;
  Kind kind = Kind::told;
  uint32_t number = 0;
  RankPlace place;               // of told, waiting, stuck
  std::vector<CallWords> calls;  // of the same; at most CallComparison::kCallsMax
  Diagnosis diagnosis;           // of a diagnosis
};

std::vector<std::byte> encode(const CallsNews& news);
std::optional<CallsNews> decode_calls(std::span<const std::byte> body);

}  // namespace weft
