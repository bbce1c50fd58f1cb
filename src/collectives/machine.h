// The machine as the cost model sees it: plain data, equal on all ranks of a communicator, because `choose` must give
// the same answer everywhere. Measured at start-up; the defaults are those of a common server.
#pragma once

#include <cstdint>

namespace weft {

// Between two ranks that share memory, or do not.
struct LinkRates {
  double hop_ns = 0;            // from a slot's publication until the receiver, if it waits, has seen it
  double slot_overhead_ns = 0;  // of the processor, per slot and port, whatever the slot's length
  double bytes_per_ns = 0;      // of the wire; 0: no limit of its own, the copies are all there is
};

struct Machine {
  int ranks_per_host = 1 << 20;  // ranks r and s share memory if r / ranks_per_host == s / ranks_per_host
  int processors = 64;           // of a host, for all its ranks
  LinkRates local = {.hop_ns = 150, .slot_overhead_ns = 20, .bytes_per_ns = 0};
  LinkRates remote = {.hop_ns = 15000, .slot_overhead_ns = 2000, .bytes_per_ns = 3};
  double copy_bytes_per_ns = 8;    // of one processor, from memory to memory
  double reduce_bytes_per_ns = 6;  // of one more source in a fold
  double switch_ns = 2000;         // until a rank that sleeps or waits for a processor runs: more ranks than processors
  uint32_t slot_bytes = 65536;
  uint32_t slots = 4;           // per connection
  uint64_t pass_bytes = 65536;  // of every chunk in one pass
};

}  // namespace weft
