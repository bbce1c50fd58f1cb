// Checks of a collective's arguments, before anything is sent. Each error names the function, the argument, its value
// and the fix.
#pragma once

#include "base/status.h"
#include "comm/operation.h"
#include "weft/types.h"

namespace weft {

inline constexpr size_t kCountMax = (size_t{1} << 40) - 1;

// The arguments of a call as they came: type, operator and root may be any number.
struct CallArguments {
  const char* function;
  Operation operation;
  const void* stream;
};

Status check_arguments(const CallArguments& call, int ranks, int rank);

}  // namespace weft
