// How many elements a call of a given message size moves, and what its time says about the links: nccl-tests' rules.
#pragma once

#include <cstddef>

#include "collectives/collective.h"

namespace weft::perf {

struct Extent {
  size_t call_count = 0;                  // what the C function gets
  size_t send_count = 0, recv_count = 0;  // elements in each buffer
  // In place both buffers are the receive buffer; this rank's part starts at rank * these.
  size_t send_stride = 0, recv_stride = 0;
};

// `count` is the message size in elements: of the larger buffer. Blocks are rounded down to 16 bytes.
Extent extent_of(Collective collective, size_t count, size_t element_bytes, int ranks);

struct Bandwidth {
  double algorithm = 0, bus = 0;  // GB/s, 10^9 bytes
};
// Bus bandwidth is what each link carries, so it can be compared over ranks and collectives.
Bandwidth bandwidth_of(Collective collective, const Extent& extent, size_t element_bytes, int ranks, double seconds);

}  // namespace weft::perf
