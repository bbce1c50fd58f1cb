// What one rank's Agreement says to another's, on its way between processes. Plain data.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bootstrap/agreement.h"
#include "bootstrap/communicator_key.h"

namespace weft {

// What a communicator's ranks agree on, each with an Agreement of its own: who is gone, as soon as somebody is; who
// goes on in a smaller communicator; with whom an operation that survives deaths was completed.
enum class Subject : uint8_t { failures, shrink, survivors };
inline constexpr std::array kSubjects = {Subject::failures, Subject::shrink, Subject::survivors};

struct AgreementNews {
  CommunicatorKey key;
  Subject subject{};
  int from = 0, to = 0;
  AgreementMessage message;
  std::map<int, std::string> causes;  // of those in message.failed whose end the sender saw: "died: …"
};
inline constexpr size_t kCauseBytesMax = 256;

std::vector<std::byte> encode(const AgreementNews& news);
std::optional<AgreementNews> decode_agreement(std::span<const std::byte> body);

}  // namespace weft
