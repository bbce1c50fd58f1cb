// What one rank's Agreement says to another's, on its way between processes. Plain data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
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
  std::map<int, std::string> causes;  // of those in message.failed whose end the sender saw: "died: …"
};
inline constexpr size_t kCauseBytesMax = 256;

inline constexpr size_t kDecisionsMax = 4096;  // in one message
std::vector<std::byte> encode(const AgreementNews& news);
std::optional<AgreementNews> decode_agreement(std::span<const std::byte> body);

}  // namespace weft
