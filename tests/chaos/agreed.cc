#include "chaos/agreed.h"

#include <cstdlib>

namespace weft::test {

std::optional<std::vector<int>> agreed_ranks(const std::string& text) {
  constexpr std::string_view kOpening = " on failed={";
  const size_t opening = text.find(kOpening);
  const size_t closing = text.find('}', opening);
  if (opening == std::string::npos || closing == std::string::npos) return std::nullopt;
  std::vector<int> ranks;
  const char* at = text.c_str() + opening + kOpening.size();
  while (at < text.c_str() + closing) {
    char* end = nullptr;
    const long first = std::strtol(at, &end, 10);
    const long last = *end == '-' ? std::strtol(end + 1, &end, 10) : first;
    for (long rank = first; rank <= last; ++rank) ranks.push_back(static_cast<int>(rank));
    at = end + 1;  // a comma, or the brace
  }
  return ranks;
}

}  // namespace weft::test
