// Which member of a family of forked processes this is. After fork only the calling thread exists and every socket is
// shared with the parent, so whoever keeps threads or sockets remembers the generation it was made in and compares.
#pragma once

#include <atomic>
#include <cstdint>

namespace weft {

inline std::atomic<uint32_t> fork_count{0};  // of this process and its ancestors, once one has asked

// Never the same in a process and in its forked child. Any thread.
uint32_t fork_generation();
// Whether this is no longer the process that asked for that generation. One load.
inline bool forked_since(uint32_t generation) {
  return fork_count.load(std::memory_order_relaxed) != generation;  // Written only while the child has one thread.
}

}  // namespace weft
