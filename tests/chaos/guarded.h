// A buffer of the user whose every byte is known at rest: whatever changes outside the place that was lent to an
// operation is seen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

namespace weft::test {

class Guarded {
 public:
  static constexpr size_t kRimBytes = 4096;  // before and after
  explicit Guarded(size_t bytes) : size_(bytes), bytes_(kRimBytes + bytes + kRimBytes, kRest) {}

  std::byte* at(size_t offset) { return bytes_.data() + kRimBytes + offset; }
  const std::byte* at(size_t offset) const { return bytes_.data() + kRimBytes + offset; }
  void put_to_rest(size_t first, size_t last) { std::memset(at(first), static_cast<int>(kRest), last - first); }

  // Whether all is at rest but the bytes from `first` to `last`; looked at as far as `reach` bytes away from them.
  bool rests_around(size_t first, size_t last, size_t reach) const {
    const size_t before = std::min(reach, kRimBytes + first), after = std::min(reach, kRimBytes + size_ - last);
    return rests(bytes_.data() + kRimBytes + first - before, before) && rests(at(last), after);
  }
  bool rests_around(size_t first, size_t last) const { return rests_around(first, last, bytes_.size()); }

 private:
  static constexpr std::byte kRest{0xA5};
  // Every byte equals its successor, and the first is as it should be.
  static bool rests(const std::byte* bytes, size_t count) {
    return count == 0 || (bytes[0] == kRest && std::memcmp(bytes, bytes + 1, count - 1) == 0);
  }

  size_t size_;
  std::vector<std::byte> bytes_;
};

}  // namespace weft::test
