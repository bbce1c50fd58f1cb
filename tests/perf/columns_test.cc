#include "perf/columns.h"

#include <gtest/gtest.h>

#include "support/seed.h"

namespace weft::perf {
namespace {

constexpr size_t kCount = 1500;  // more than there are columns

// A collective done by hand, in the reference's arithmetic, on buffers of all ranks.
class ByHand {
 public:
  ByHand(Case what, uint64_t seed) : what_(what) {
    extent_ = extent_of(what.collective, kCount, bytes_of(what.type), what.ranks);
    for (what.rank = 0; what.rank < what.ranks; ++what.rank) {
      columns_.emplace_back(what, seed);
      columns_.back().shuffle(7);
      send_.emplace_back(extent_.send_count * bytes_of(what.type));
      columns_.back().fill(extent_, send_.back().data());
    }
  }

  int64_t wrong(int rank) const {
    return columns_[static_cast<size_t>(rank)].wrong_received(extent_, received(rank).data());
  }

  std::vector<std::byte> received(int rank) const {
    std::vector<std::byte> recv;
    for (size_t i = 0; i < extent_.recv_count; ++i) {
      std::byte bytes[8];
      test::store_bits(what_.type, element(rank, i), bytes);
      recv.insert(recv.end(), bytes, bytes + bytes_of(what_.type));
    }
    return recv;
  }
  const Columns& columns(int rank) const { return columns_[static_cast<size_t>(rank)]; }
  const Extent& extent() const { return extent_; }
  std::vector<std::byte>& send(int rank) { return send_[static_cast<size_t>(rank)]; }

 private:
  uint64_t sent(size_t rank, size_t i) const {
    return test::load_bits(what_.type, send_[rank].data() + i * bytes_of(what_.type));
  }

  uint64_t element(int rank, size_t i) const {
    if (what_.collective == Collective::broadcast) return sent(static_cast<size_t>(what_.root), i);
    if (what_.collective == Collective::all_gather) return sent(i / extent_.send_count, i % extent_.send_count);
    const size_t index =
        what_.collective == Collective::reduce_scatter ? static_cast<size_t>(rank) * extent_.recv_count + i : i;
    std::vector<uint64_t> sources;
    for (size_t source = 0; source < send_.size(); ++source) sources.push_back(sent(source, index));
    const test::Allowed allowed = test::allowed_result(what_.type, what_.op, sources);
    if (!allowed.nan) return test::bits_of_rank(what_.type, allowed.most);
    for (const uint64_t bits : sources)
      if (test::is_nan(what_.type, bits)) return bits;
    return 0;
  }

  Case what_;
  Extent extent_;
  std::vector<Columns> columns_;
  std::vector<std::vector<std::byte>> send_;
};

// Sum and max stand for the others where only the check is looked at: making the tables is what takes time.
bool is_typical(const Case& what) {
  return what.op == Operator::sum || what.op == Operator::max;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (int collective = 0; collective < kCollectiveCount; ++collective)
    for (int type = 0; type < kDataTypeCount; ++type)
      for (int op = 0; op < kOperatorCount; ++op) {
        const auto kind = static_cast<Collective>(collective);
        if (!is_reduction(kind) && op > 0) continue;
        cases.push_back({kind, *data_type_of(type), *operator_of(op), is_rooted(kind) ? 1 : 0, 3, 0});
      }
  return cases;
}

// every collective, type and operator done by hand on three ranks
// expect: nothing wrong, and the inputs seen as untouched
TEST(PerfColumns, right_results_pass) {
  for (const Case& what : all_cases()) {
    ByHand group(what, test::seed());
    for (int rank = 0; rank < what.ranks; ++rank) {
      ASSERT_EQ(group.wrong(rank), 0) << name_of(what.collective) << " " << name_of(what.type) << " "
                                      << name_of(what.op) << rank;
      ASSERT_EQ(group.columns(rank).wrong_sent(group.extent(), group.send(rank).data()), 0);
    }
  }
}

// one bit flipped in any one byte, in columns that have one answer: every integer case
// expect: exactly one wrong element
TEST(PerfColumns, flipped_bit_is_caught) {
  for (const Case& what : all_cases()) {
    if (test::is_float(what.type) || !is_typical(what)) continue;
    const ByHand group(what, test::seed());
    std::vector<std::byte> recv = group.received(1);
    for (size_t at = 0; at < recv.size(); at += recv.size() / 13) {
      recv[at] ^= std::byte{0x10};
      ASSERT_EQ(group.columns(1).wrong_received(group.extent(), recv.data()), 1) << name_of(what.collective) << at;
      recv[at] ^= std::byte{0x10};
    }
  }
}

// the highest bit of a float flipped: its sign; both kinds of columns
// expect: caught, except where a zero changes its sign in a sum or a NaN in min and max
TEST(PerfColumns, flipped_sign_is_caught) {
  for (const Case& what : all_cases()) {
    if (!test::is_float(what.type) || !is_typical(what)) continue;
    const ByHand group(what, test::seed());
    std::vector<std::byte> recv = group.received(1);
    const size_t bytes = bytes_of(what.type);
    int64_t caught = 0;
    for (size_t i = 0; i < group.extent().recv_count; ++i) {
      std::byte& high = recv[i * bytes + bytes - 1];
      high ^= std::byte{0x80};
      caught += group.columns(1).wrong_received(group.extent(), recv.data());
      high ^= std::byte{0x80};
      if (i == 50) break;
    }
    EXPECT_GE(caught, 25) << name_of(what.collective) << " " << name_of(what.type) << " " << name_of(what.op);
  }
}

// neighbours swapped, blocks swapped, poison left: an all_gather that put things at the wrong place or not at all
// expect: most elements wrong
TEST(PerfColumns, misplaced_elements_are_caught) {
  const ByHand group({Collective::all_gather, DataType::int32, Operator::sum, 0, 3, 0}, test::seed());
  std::vector<std::byte> recv = group.received(0);
  const auto block = static_cast<std::ptrdiff_t>(group.extent().send_count * 4);
  std::rotate(recv.begin(), recv.begin() + block, recv.end());
  EXPECT_GT(group.columns(0).wrong_received(group.extent(), recv.data()), static_cast<int64_t>(kCount * 9 / 10));
  recv = group.received(0);
  std::rotate(recv.begin(), recv.begin() + 4, recv.end());
  EXPECT_GT(group.columns(0).wrong_received(group.extent(), recv.data()), static_cast<int64_t>(kCount * 9 / 10));
  poison(recv.data(), recv.size());
  EXPECT_GT(group.columns(0).wrong_received(group.extent(), recv.data()), static_cast<int64_t>(kCount * 9 / 10));
}

// a sum of floats without one rank's part
// expect: wrong wherever that part is not small
TEST(PerfColumns, missing_rank_is_caught) {
  const Case what{Collective::all_reduce, DataType::float32, Operator::sum, 0, 3, 0};
  ByHand group(what, test::seed());
  const std::vector<std::byte> zeros(group.send(2).size());
  group.send(2) = zeros;
  EXPECT_EQ(group.columns(2).wrong_sent(group.extent(), zeros.data()), static_cast<int64_t>(kCount));
  EXPECT_GT(group.wrong(0), static_cast<int64_t>(kCount * 9 / 10));
}

// two repetitions, two ranks
// expect: different inputs each time and on each rank
TEST(PerfColumns, inputs_change) {
  Case what;
  what.ranks = 2;
  const Extent extent = extent_of(what.collective, kCount, 4, 2);
  Columns columns(what, 1);
  std::vector<std::byte> first(kCount * 4), second(kCount * 4), other(kCount * 4);
  columns.shuffle(1);
  columns.fill(extent, first.data());
  columns.shuffle(2);
  columns.fill(extent, second.data());
  EXPECT_NE(first, second);
  what.rank = 1;
  Columns neighbour(what, 1);
  neighbour.shuffle(1);
  neighbour.fill(extent, other.data());
  EXPECT_NE(first, other);
}

// checksums of equal buffers, of buffers that differ in the last byte or in length
// expect: equal; different
TEST(PerfColumns, checksum) {
  std::vector<std::byte> bytes(1003, std::byte{7});
  const uint64_t sum = checksum(bytes.data(), bytes.size());
  EXPECT_EQ(sum, checksum(std::vector(bytes).data(), bytes.size()));
  EXPECT_NE(sum, checksum(bytes.data(), bytes.size() - 1));
  bytes.back() ^= std::byte{1};
  EXPECT_NE(sum, checksum(bytes.data(), bytes.size()));
}

// poisoned bytes, one of them overwritten
// expect: counted
TEST(PerfColumns, poison) {
  std::vector<std::byte> bytes(64);
  poison(bytes.data(), bytes.size());
  EXPECT_EQ(bytes_not_poison(bytes.data(), bytes.size()), 0);
  bytes[63] = std::byte{0};
  EXPECT_EQ(bytes_not_poison(bytes.data(), bytes.size()), 1);
}

}  // namespace
}  // namespace weft::perf
