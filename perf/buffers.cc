#include "buffers.h"

#include <weft/weft.h>

#include <cstdlib>

namespace weft::perf {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kElementBytesMax = 8;

void free_plain(std::byte* at) {
  std::free(at);
}
void free_shared(std::byte* at) {
  weftMemFree(at);
}

}  // namespace

Expected<Block> Block::make(size_t bytes, Memory memory) {
  const size_t whole_pages = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  if (memory == Memory::malloc) {
    void* at = std::aligned_alloc(kPageBytes, whole_pages);
    if (at == nullptr) return error(Code::resource, "no memory for a buffer of {} bytes", whole_pages);
    return Block(static_cast<std::byte*>(at), free_plain);
  }
  void* at = nullptr;
  if (weftMemAlloc(&at, whole_pages) != weftSuccess)
    return error(Code::resource, "weftMemAlloc: {}", weftGetLastError(nullptr));
  return Block(static_cast<std::byte*>(at), free_shared);
}

Expected<Buffers> Buffers::make(const Flags& flags) {
  const size_t bytes = flags.max_bytes + flags.unalign * kElementBytesMax + kGuardBytes;
  WEFT_TRY_ASSIGN(Block send, Block::make(bytes, flags.memory));
  WEFT_TRY_ASSIGN(Block recv, Block::make(bytes, flags.memory));
  return Buffers{std::move(send), std::move(recv)};
}

}  // namespace weft::perf
