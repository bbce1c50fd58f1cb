// What the ranks of one job and the one that kills them write down for each other, in memory that all share.
#pragma once

#include <atomic>
#include <cstdint>

namespace weft::test {

inline constexpr int kRanksMost = 16;

struct Account {
  std::atomic<int64_t> killed_us{0};  // the first blow
  struct Rank {
    std::atomic<uint64_t> in_call{0};     // 1 inside a collective
    std::atomic<int64_t> noticed_us{0};   // when the first call failed
    std::atomic<int64_t> recovery_us{0};  // from there until the survivors had worked together
    std::atomic<uint64_t> failed{0};      // a bit for each rank whose death it was told of first
    std::atomic<uint64_t> alive{0};       // and for each that it works with in the end
  } ranks[kRanksMost];
};

}  // namespace weft::test
