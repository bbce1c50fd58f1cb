// Which bytes of an arena are free: offsets only, no memory. First fit, neighbours joined when given back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace weft {

// Owned by an arena; whoever holds the arena's lock may call it. Sizes and offsets are multiples of kCarvedUnit.
class FreeSpace {
 public:
  FreeSpace(uint64_t offset, uint64_t bytes) { ranges_.emplace(offset, bytes); }
  std::optional<uint64_t> carve(uint64_t bytes);
  void give_back(uint64_t offset, uint64_t bytes);
  size_t range_count() const { return ranges_.size(); }

 private:
  std::map<uint64_t, uint64_t> ranges_;  // offset -> bytes; no two touch
};

// Two cache lines: processors fetch lines in pairs, and neighbours must not share one.
inline constexpr uint64_t kCarvedUnit = 128;
constexpr uint64_t round_up_to_unit(uint64_t bytes) {
  return (bytes + kCarvedUnit - 1) & ~(kCarvedUnit - 1);
}

}  // namespace weft
