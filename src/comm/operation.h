// One call of a collective, before a plan was chosen.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/dtype.h"
#include "collectives/collective.h"

namespace weft {

struct Operation {
  Collective collective;
  const void* sendbuff;
  void* recvbuff;
  size_t count;  // of elements, as the caller gave it: of one block for all_gather and reduce_scatter
  DataType type;
  Operator op;  // sum where the collective has none
  int root;     // 0 where the collective has none
  size_t bytes() const { return count * bytes_of(type); }
};

}  // namespace weft
