// What the ranks of one job and the one that strikes them write down for each other, in memory that all share and that
// weft never sees. The plain numbers are written by one process and read after it has ended.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace weft::test {

inline constexpr int kRanksMost = 16;
inline constexpr int kDeathsMost = 2;
inline constexpr int kLevels = kDeathsMost + 1;  // communicators that a rank sees: the first, and one more a death

using Ranks = uint32_t;  // a bit for each rank of the first communicator
constexpr Ranks bit(int rank) {
  return Ranks{1} << rank;
}

enum class Stage : int { working, told, shrinking };

struct Account {
  // What a survivor was told when a communicator failed: by the question, and by the text.
  struct Told {
    Ranks failed = 0, named = 0;
    bool agreed = false;  // the text says that the survivors have agreed on those that it names
  };
  struct Rank {
    std::atomic<Stage> stage{Stage::working};
    std::atomic<int> level{0};
    std::array<Told, kLevels> told{};
    int64_t told_us = 0;       // when the first call failed
    int64_t recovered_us = 0;  // when the survivors had worked together
    Ranks alive = 0;           // with whom it works in the end
  };
  std::array<Rank, kRanksMost> ranks;

  // Of each blow, by the one that strikes.
  struct Blow {
    int64_t us = 0;
    Stage stage = Stage::working;  // where the victim was, and in which communicator
    int level = 0;
  };
  std::array<Blow, kDeathsMost> blows{};
  bool inside = false;  // the first victim died in a collective, as its flight recorder shows
};

}  // namespace weft::test
