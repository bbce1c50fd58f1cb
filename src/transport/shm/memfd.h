// Memory without a name: sealed, fully allocated memfds, and mappings of them. Nothing here depends on /dev/shm or on
// any mount, and a page that a function here has handed out exists: touching it never raises SIGBUS.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string_view>

#include "base/fd.h"
#include "base/status.h"

namespace weft {

size_t page_bytes();
size_t round_up_to_page(size_t bytes);

// A memfd of so many zeroed bytes (whole pages), mode 0600, close-on-exec, its size sealed. `purpose` appears in
// errors.
Expected<OwnedFd> make_sealed_memfd(size_t bytes, std::string_view purpose);

// Whether a descriptor that a peer sent is what make_sealed_memfd makes: so large, sealed, and allocated.
Status check_sealed_memfd(int fd, size_t bytes);

// A shared mapping, unmapped by its owner. A forked child never unmaps: whether it has the range at all depends on
// Fork.
class Mapping {
 public:
  enum class Fork { inherit, leave_out };  // does a forked child keep the range?

  Mapping() = default;
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();
  static Expected<Mapping> of(int fd, size_t bytes, Fork fork);

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  void unmap();
  std::byte* data_ = nullptr;
  size_t size_ = 0;
  pid_t owner_ = 0;  // the one process that has the range; 0: children have it too
};

// Fills the page tables of a range, so that the data path takes no faults. Only a hint: an old kernel ignores it.
void populate(std::byte* data, size_t bytes);

}  // namespace weft
