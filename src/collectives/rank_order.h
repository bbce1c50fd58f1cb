// Who stands where: the order that ring-like schedules pass the data along, and the lists of peers of direct ones.
#pragma once

#include <vector>

#include "base/assert.h"
#include "collectives/collective.h"

namespace weft {

// A circle of all ranks, in the order the shape gives. Positions may be any integer.
class Circle {
 public:
  explicit Circle(const Shape& shape) : order_(shape.order), ranks_(shape.ranks) {
    WEFT_ASSERT(order_.empty() || order_.size() == static_cast<size_t>(ranks_));
  }
  bool in_rank_order() const { return order_.empty(); }
  int rank_at(int position) const {
    const int wrapped = (position % ranks_ + ranks_) % ranks_;
    return order_.empty() ? wrapped : order_[static_cast<size_t>(wrapped)];
  }
  int position_of(int rank) const {
    for (int position = 0; position < ranks_; ++position) {
      if (rank_at(position) == rank) return position;
    }
    WEFT_ASSERT(false);
    return 0;
  }

 private:
  std::span<const int> order_;
  int ranks_;
};

// All other ranks, in rank order: the order in which their contributions are summed.
inline std::vector<int> others_in_order(const Shape& shape) {
  std::vector<int> others;
  for (int rank = 0; rank < shape.ranks; ++rank) {
    if (rank != shape.rank) others.push_back(rank);
  }
  return others;
}

// All other ranks, the next one first (direction 1) or the previous one first (-1): at any moment every rank has a peer
// of its own, so nobody is swamped.
inline std::vector<int> others_around(const Shape& shape, int direction) {
  std::vector<int> others;
  for (int i = 1; i < shape.ranks; ++i) others.push_back((shape.rank + direction * i + shape.ranks) % shape.ranks);
  return others;
}

}  // namespace weft
