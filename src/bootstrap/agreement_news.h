// What one rank's Agreement says to another's, on its way between processes. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bootstrap/agreement.h"
#include "bootstrap/communicator_key.h"

namespace weft {

// A communicator's ranks agree on two things, each with an Agreement of its own.
enum class Subject : uint8_t { failures, shrink };

struct AgreementNews {
  CommunicatorKey key;
  Subject subject{};
  int from = 0, to = 0;
  AgreementMessage message;
};

inline constexpr size_t kDecisionsMax = 4096;  // in one message
std::vector<std::byte> encode(const AgreementNews& news);
std::optional<AgreementNews> decode_agreement(std::span<const std::byte> body);

}  // namespace weft
