#include "transport/shm/free_space.h"

#include <iterator>

#include "base/assert.h"

namespace weft {

std::optional<uint64_t> FreeSpace::carve(uint64_t bytes) {
  WEFT_ASSERT(bytes > 0 && bytes % kCarvedUnit == 0);
  for (auto range = ranges_.begin(); range != ranges_.end(); ++range) {
    const auto [offset, free] = *range;
    if (free < bytes) continue;
    ranges_.erase(range);
    if (free > bytes) ranges_.emplace(offset + bytes, free - bytes);
    return offset;
  }
  return std::nullopt;
}

void FreeSpace::give_back(uint64_t offset, uint64_t bytes) {
  auto next = ranges_.lower_bound(offset);
  WEFT_ASSERT(next == ranges_.end() || offset + bytes <= next->first);
  if (next != ranges_.end() && offset + bytes == next->first) {
    bytes += next->second;
    next = ranges_.erase(next);
  }
  if (next != ranges_.begin()) {
    const auto before = std::prev(next);
    WEFT_ASSERT(before->first + before->second <= offset);
    if (before->first + before->second == offset) {
      before->second += bytes;
      return;
    }
  }
  ranges_.emplace(offset, bytes);
}

}  // namespace weft
