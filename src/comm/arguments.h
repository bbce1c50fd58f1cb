// Checks of a collective's arguments, before anything is sent. Each error names the function, the argument, its value
// and the fix.
#pragma once

#include "base/status.h"
#include "comm/operation.h"
#include "weft/types.h"

namespace weft {

// The arguments of a call as they came.
struct CallArguments {
  const char* function;
  Collective collective;
  const void* sendbuff;
  void* recvbuff;
  size_t count;
  int type;
  int op;
  int root;
  const void* stream;
};

inline constexpr size_t kCountMax = (size_t{1} << 40) - 1;

// On success `operation` holds the call.
Status check_arguments(const CallArguments& call, int ranks, int rank, Operation& operation);

}  // namespace weft
