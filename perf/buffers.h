// A rank's two buffers, allocated once for the largest message.
#pragma once

#include <cstddef>
#include <memory>

#include "base/status.h"
#include "flags.h"

namespace weft::perf {

// A page-aligned block of either kind of memory.
class Block {
 public:
  static Expected<Block> make(size_t bytes, Memory memory);
  std::byte* bytes() const { return memory_.get(); }

 private:
  using Free = void (*)(std::byte*);
  explicit Block(std::byte* at, Free free) : memory_(at, free) {}
  std::unique_ptr<std::byte, Free> memory_;
};

inline constexpr size_t kGuardBytes = 64;  // behind each buffer, poisoned: nothing may write there

struct Buffers {
  Block send, recv;
  static Expected<Buffers> make(const Flags& flags);
};

}  // namespace weft::perf
