// What one job of a campaign is: drawn from a seed, so that the seed replays it.
#pragma once

#include <weft/weft.h>

#include <algorithm>
#include <string>
#include <vector>

#include "chaos/account.h"
#include "chaos/fault.h"
#include "chaos/stream.h"

namespace weft::test {

// When the second of two victims is struck.
enum class Second : int {
  together,          // at once
  agreeing,          // within milliseconds: the survivors may be agreeing on the first
  next_coordinator,  // the same; the first was rank 0, so this is the one that has just taken over
  rank_zero,         // the same; this is rank 0, which coordinates
  shrinking,         // while it is in weftCommShrink
  working,           // in the communicator that was made without the first
};
inline constexpr int kSeconds = 6;

struct Job {
  uint64_t seed = 1;
  int ranks = 2;
  std::vector<int> victims{};
  Fault fault = Fault::kill;
  Second second = Second::together;
  // What weft must say became of the victims.
  std::string cause = "died";
  weftVerdict_t verdict = weftVerdictDied;  // of the survivors
  bool victims_end = true;                  // and are not merely cut off
  // How the last communicator is used: so many operations, or until kOver is set.
  int operations = 50;
  bool until_over = false;
  Load load_after = Load::light;
  int64_t limit_seconds = 60;  // for all of it

  bool has_victim(int rank) const { return std::count(victims.begin(), victims.end(), rank) != 0; }
  int survivors() const { return ranks - static_cast<int>(victims.size()); }
  Ranks victim_bits() const {
    Ranks bits = 0;
    for (const int victim : victims) bits |= bit(victim);
    return bits;
  }
};

// Words that all processes of a job share; 0 is SharedId's.
inline constexpr size_t kJoined = 1, kWatching = 2, kOver = 3, kExpelled = 4;

}  // namespace weft::test
