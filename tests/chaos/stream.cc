#include "chaos/stream.h"

#include <gtest/gtest.h>

namespace weft::test {
namespace {

constexpr size_t kCounts[] = {1, 7, 100, 1000, 5000, 40'000};
enum : int { kAllReduce, kReduceScatter, kAllGather, kBroadcast, kReduce, kCollectives };

// What a rank puts at element i.
int32_t value_of(int rank, size_t i) {
  return static_cast<int32_t>((static_cast<size_t>(rank) + 1) * (i % 1000 + 1));
}

}  // namespace

Stream::Stream(weftComm_t comm, int ranks, int rank, uint64_t seed)
    : comm_(comm), ranks_(ranks), rank_(rank), random_(seed) {}

weftResult_t Stream::run_next() {
  const int collective = static_cast<int>(random_.below(kCollectives));
  const size_t count = kCounts[random_.below(std::size(kCounts))];
  const int root = static_cast<int>(random_.below(static_cast<uint64_t>(ranks_)));
  const size_t all = count * static_cast<size_t>(ranks_);
  in_.resize(collective == kReduceScatter ? all : count);
  for (size_t i = 0; i < in_.size(); ++i) in_[i] = value_of(rank_, i);
  out_.assign(collective == kAllGather ? all : count, -1);
  const weftResult_t result = call(collective, count, root);
  if (result == weftSuccess) check(collective, count, root);
  return result;
}

weftResult_t Stream::call(int collective, size_t count, int root) {
  switch (collective) {
    case kAllReduce:
      return weftAllReduce(in_.data(), out_.data(), count, weftInt32, weftSum, comm_, nullptr);
    case kReduceScatter:
      return weftReduceScatter(in_.data(), out_.data(), count, weftInt32, weftSum, comm_, nullptr);
    case kAllGather:
      return weftAllGather(in_.data(), out_.data(), count, weftInt32, comm_, nullptr);
    case kBroadcast:
      return weftBroadcast(in_.data(), out_.data(), count, weftInt32, root, comm_, nullptr);
    default:
      return weftReduce(in_.data(), out_.data(), count, weftInt32, weftSum, root, comm_, nullptr);
  }
}

int64_t Stream::sum_at(size_t i) const {
  int64_t sum = 0;
  for (int rank = 0; rank < ranks_; ++rank) sum += value_of(rank, i);
  return sum;
}

void Stream::check(int collective, size_t count, int root) const {
  if (collective == kReduce && rank_ != root) return;
  const size_t mine = static_cast<size_t>(rank_) * count;
  for (size_t i = 0; i < out_.size(); ++i) {
    int64_t expected = sum_at(i);
    if (collective == kReduceScatter) expected = sum_at(mine + i);
    if (collective == kAllGather) expected = value_of(static_cast<int>(i / count), i % count);
    if (collective == kBroadcast) expected = value_of(root, i);
    ASSERT_EQ(out_[i], static_cast<int32_t>(expected)) << "collective " << collective << ", element " << i;
  }
}

}  // namespace weft::test
