// One call of a collective, before a plan was chosen.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/dtype.h"
#include "collectives/collective.h"

namespace weft {

// Which function a collective is part of: ranks that call different ones must find out, even where the steps are alike.
enum class CallClass : uint8_t { collective, split, grow, survivors };

struct Operation {
  Collective collective;
  const void* sendbuff;
  void* recvbuff;
  size_t count;  // of elements, as the caller gave it: of one block for all_gather and reduce_scatter
  DataType type;
  Operator op;  // sum where the collective has none
  int root;     // 0 where the collective has none
  CallClass call_class = CallClass::collective;
  std::optional<std::chrono::nanoseconds> time_limit{};  // 0: none; not set: the communicator's
  size_t bytes() const { return count * bytes_of(type); }
};

}  // namespace weft
