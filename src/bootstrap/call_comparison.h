// Finds ranks of a communicator that called different things at the same place in the order, from what they say they
// called. Pure: no sockets, threads or clocks. A call is two words whose meaning is the owner's, but for the lowest 32
// bits of the first: its number.
#pragma once

#include <cstdint>
#include <map>
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

// Equal is equal to the first that was told, so each call is compared once, however many ranks there are.
class CallComparison {
 public:
  static constexpr size_t kCallsMax = 16;      // that a rank tells at a time
  static constexpr uint32_t kCallsBehind = 7;  // of these, at most so many behind the one that it was asked for
  static constexpr size_t kNumbersMax = 4096;  // whose first call is kept: the highest

  // What a rank called, in any order. The disagreement of lowest number with what another rank has told.
  std::optional<Disagreement> note(int rank, const std::vector<CallWords>& calls);
  // Drops all that was told: everybody is asked anew.
  void forget() { first_.clear(); }

 private:
  struct First {
    int rank;
    CallWords call;
  };
  std::map<uint32_t, First> first_;  // by number
};

}  // namespace weft
