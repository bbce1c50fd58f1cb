// How the chunks of a schedule lie in the caller's buffers, and how a pass cuts them. Pure arithmetic, the same on
// every rank: both ends of a connection derive the same slot sizes from it.
//
// The data is `blocks` equal blocks (all_gather, reduce_scatter: one per rank; else one); a block is cut into
// chunks / blocks chunks of a multiple of 16 bytes, so the last ones of a block may be short or empty.
// Pass p takes bytes [p * pass_bytes, (p + 1) * pass_bytes) of every chunk.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weft {

struct Piece {
  uint64_t offset = 0;  // bytes from the start of the buffer
  uint64_t bytes = 0;   // 0: this chunk has nothing in this pass
};

class Layout {
 public:
  Layout() = default;
  Layout(uint64_t block_bytes, uint32_t blocks, uint32_t chunks, uint64_t pass_bytes)
      : block_bytes_(block_bytes), pass_bytes_(pass_bytes), chunks_per_block_(chunks / blocks) {
    chunk_bytes_ = block_bytes;
    if (chunks_per_block_ != 1) {
      const uint64_t share = (block_bytes + chunks_per_block_ - 1) / chunks_per_block_;
      chunk_bytes_ = (share + 15) / 16 * 16;
    }
    // One comparison instead of a division where it matters: for small data.
    if (chunk_bytes_ > pass_bytes) passes_ = static_cast<uint32_t>((chunk_bytes_ + pass_bytes - 1) / pass_bytes);
  }

  uint32_t passes() const { return passes_; }
  uint64_t pass_bytes() const { return pass_bytes_; }

  Piece piece(uint32_t chunk, uint32_t pass) const {
    const uint64_t first = (chunk % chunks_per_block_) * chunk_bytes_, begin = first + pass * pass_bytes_;
    const uint64_t end = std::min(std::min(block_bytes_, first + chunk_bytes_), begin + pass_bytes_);
    return {(chunk / chunks_per_block_) * block_bytes_ + begin, begin < end ? end - begin : 0};
  }

 private:
  uint64_t block_bytes_ = 0, chunk_bytes_ = 0, pass_bytes_ = 1;
  uint32_t chunks_per_block_ = 1, passes_ = 1;
};

}  // namespace weft
