// Memory for users that other processes of the host can map: what weftMemAlloc and weftMemFree hand out. Unlike the
// arenas of connections it is inherited by forked children, as users expect of memory.
#pragma once

#include <cstddef>
#include <optional>

#include "base/status.h"

namespace weft {

// Where an address lies in the memory file of its allocation.
struct SharedPlace {
  int fd = -1;  // of the registry; valid until the allocation is freed
  size_t offset = 0;
  size_t bytes = 0;  // of the whole allocation, whole pages
};

// The registry of this process. Any thread.
class SharedMemory {
 public:
  // `size` bytes (above 0), zeroed, page-aligned, and there: touching them never fails.
  static Expected<void*> allocate(size_t size);
  // What allocate gave, and not yet freed; nothing for null; any other address is invalid_argument.
  static Status free(void* pointer);
  // Nothing if the address lies in no allocation.
  static std::optional<SharedPlace> find(const void* address);
};

}  // namespace weft
