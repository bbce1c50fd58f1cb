// Finds ranks of a communicator that called different things at the same place in the order, from what they say they
// called last. Pure: no sockets, threads or clocks. A call is two words whose meaning is the owner's, but for the
// lowest 32 bits of the first: its number.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace weft {

struct CallWords {
  uint64_t low = 0, high = 0;
  uint32_t number() const { return static_cast<uint32_t>(low); }
  bool operator==(const CallWords&) const = default;
};

struct Disagreement {
  int one = 0, other = 0;  // ranks
  CallWords ones, others;
};

class CallComparison {
 public:
  static constexpr size_t kCallsMax = 16;  // that a rank tells, and that are kept of it

  explicit CallComparison(int ranks) : calls_(static_cast<size_t>(ranks)) {}
  // What a rank called last, instead of what it told before. A disagreement with what any other rank has told.
  std::optional<Disagreement> note(int rank, std::vector<CallWords> calls);

 private:
  std::vector<std::vector<CallWords>> calls_;  // by rank
};

}  // namespace weft
