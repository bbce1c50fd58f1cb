// A communicator in one of its epochs: how processes name it to each other.
#pragma once

#include <compare>
#include <cstdint>

namespace weft {

struct CommunicatorKey {
  uint64_t communicator = 0;
  uint32_t epoch = 0;
  auto operator<=>(const CommunicatorKey&) const = default;
};

}  // namespace weft
