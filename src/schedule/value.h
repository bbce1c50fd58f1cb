// What the verifier computes with instead of numbers: for one element, whose data is in it and in which order it was
// summed. Four domains at once, each of which sees mistakes that the others do not:
//   ranks        the exact set of ranks whose element was added, each at most once
//   sum          a 64-bit sum of tokens, one per rank and position: the same statement by plain arithmetic
//   expression   the order of the additions, which commute but do not associate, with every rounding: equal expressions
//                give equal bits. `plain` is the same without the roundings (types that the executor does not round)
//   first, end   the ranks stand in order without a gap, so that an operator that does not commute would be served too
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace weft {

inline constexpr uint32_t kVerifyRanksMax = 256;

class RankSet {
 public:
  static RankSet of(uint32_t rank) {
    RankSet set;
    set.words_[rank / 64] = uint64_t{1} << (rank % 64);
    return set;
  }
  static RankSet all(uint32_t ranks);
  void add(const RankSet& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  bool meets(const RankSet& other) const {
    uint64_t both = 0;
    for (size_t i = 0; i < words_.size(); ++i) both |= words_[i] & other.words_[i];
    return both != 0;
  }
  bool operator==(const RankSet&) const = default;
  std::string text() const;  // 0 1 5

 private:
  std::array<uint64_t, kVerifyRanksMax / 64> words_{};
};

inline constexpr uint32_t kNowhere = UINT32_MAX;

struct Value {
  RankSet ranks;
  uint64_t sum = 0;
  uint64_t expression = 0, plain = 0;
  uint32_t position = kNowhere;  // of the element in the data; kNowhere: nothing was written here yet
  uint32_t first = 0, end = 0;   // [first, end) in this order; empty: out of order
  bool mapped = false;           // the operator's last map was applied
};

Value leaf_value(uint32_t rank, uint32_t position);

struct FoldFlags {
  bool pairwise = false;
  bool post = false;
};
// Folds parts in their order, applies the last map if it is due, rounds where the executor rounds. Null, or why it is
// wrong.
const char* fold_values(std::span<const Value* const> parts, FoldFlags flags, uint32_t ranks, Value& result);

// The balanced tree over the ranks in order, split at the largest power of two, with the last map at its root.
struct CanonicalSum {
  uint64_t rounded = 0;  // at every node
  uint64_t plain = 0;
};
CanonicalSum canonical_sum(uint32_t ranks);

}  // namespace weft
