// The memory that all ranks of a launch share, and the parent with them: anonymous and shared, made before the first
// fork. One board at a time; a launch inside a rank of another launch uses the outer one.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "support/ranks.h"

namespace weft::test {

inline constexpr int kRanksMax = 256;

struct Board {
  std::array<std::atomic<pid_t>, kRanksMax> pids;
  std::array<std::atomic<uint64_t>, kSharedWords> words;
};

class BoardOwner {
 public:
  BoardOwner();
  ~BoardOwner();
  BoardOwner(const BoardOwner&) = delete;
  BoardOwner& operator=(const BoardOwner&) = delete;

 private:
  bool made_here_;
};

Board& board();  // Asserts that a launch is under way.

}  // namespace weft::test
