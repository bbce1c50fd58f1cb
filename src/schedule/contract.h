// What a collective promises, as plain data: which blocks of the data each rank holds before and must hold after. The
// verifier judges every schedule by it; collectives/contract.h fills it in.
//
// Chunks are numbered in the data, in the input as in the output: where a rank's buffer holds only some blocks (the
// input of an all_gather, the output of a reduce_scatter: block `rank`), the other numbers do not exist in it. So "in
// place" means for every collective that input chunk c and output chunk c are the same memory.
#pragma once

#include <cstdint>
#include <vector>

namespace weft {

struct BlockRange {
  uint32_t first = 0, count = 0;
  bool has(uint32_t block) const { return block >= first && block - first < count; }
};

struct Contract {
  uint32_t blocks = 1;
  bool reduces =
      false;  // what a rank must hold is the sum over all ranks, mapped once by the operator's last map; else a copy
  std::vector<BlockRange> before, after;  // by rank: the blocks of its input, of its output
  std::vector<uint32_t> owners;           // copies, by block: the rank whose input it is
};

}  // namespace weft
