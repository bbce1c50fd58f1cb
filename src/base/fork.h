// Which member of a family of forked processes this is. After fork only the calling thread exists and every socket is
// shared with the parent, so whoever keeps threads or sockets remembers the generation it was made in and compares.
#pragma once

#include <cstdint>

namespace weft {

// Never the same in a process and in its forked child. One relaxed load after the first call. Any thread.
uint32_t fork_generation();

}  // namespace weft
