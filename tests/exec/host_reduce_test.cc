#include "exec/host_reduce.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "exec/host_reduce_targets.h"

namespace weft::test {
namespace {

// One element from each of `sources`, folded on every instruction set of this processor; all must agree.
template <class Number>
Number fold_one(DataType type, Operator op, const std::vector<Number>& sources, const FoldOptions& options = {}) {
  std::vector<const std::byte*> from;
  for (const Number& source : sources) from.push_back(reinterpret_cast<const std::byte*>(&source));
  Number first{};
  for (size_t i = 0; i < runnable_folds().size(); ++i) {
    Number result{};
    const std::array to = {reinterpret_cast<std::byte*>(&result)};
    runnable_folds()[i]->fold_for(type, op)(from, to, 1, options);
    if (i == 0) first = result;
    EXPECT_EQ(0, std::memcmp(&first, &result, sizeof(Number))) << runnable_folds()[i]->name;
  }
  return first;
}

uint32_t bits(float value) {
  return std::bit_cast<uint32_t>(value);
}

// the tables of this processor
// expect: the baseline is always there, last, every entry is filled, and the first is what fold_for answers
TEST(HostReduce, tables) {
  ASSERT_FALSE(runnable_folds().empty());
  EXPECT_STREQ(runnable_folds().back()->name, "baseline");
  EXPECT_STREQ(runnable_folds().front()->name, fold_target_name());
  for (int type = 0; type < kDataTypeCount; ++type) {
    for (int op = 0; op < kOperatorCount; ++op) {
      const auto data_type = static_cast<DataType>(type);
      const auto operation = static_cast<Operator>(op);
      for (const FoldTable* table : runnable_folds()) EXPECT_NE(table->fold_for(data_type, operation), nullptr);
      EXPECT_EQ(fold_for(data_type, operation), runnable_folds().front()->fold_for(data_type, operation));
    }
  }
}

// zeros of both signs
// expect: -0 is below +0, in either order
TEST(HostReduce, signed_zeros) {
  EXPECT_EQ(bits(fold_one<float>(DataType::float32, Operator::min, {0.f, -0.f})), 0x80000000u);
  EXPECT_EQ(bits(fold_one<float>(DataType::float32, Operator::min, {-0.f, 0.f})), 0x80000000u);
  EXPECT_EQ(bits(fold_one<float>(DataType::float32, Operator::max, {0.f, -0.f})), 0u);
  EXPECT_EQ(bits(fold_one<float>(DataType::float32, Operator::max, {-0.f, 0.f})), 0u);
}

// a NaN with a payload and a sign among the sources of each operator
// expect: the canonical NaN
TEST(HostReduce, nan_is_canonical) {
  const float odd_nan = std::bit_cast<float>(0xFF800123u);
  for (const Operator op : {Operator::sum, Operator::prod, Operator::min, Operator::max}) {
    EXPECT_EQ(bits(fold_one<float>(DataType::float32, op, {1.f, odd_nan, -2.f})), 0x7FC00000u) << name_of(op);
    EXPECT_EQ(bits(fold_one<float>(DataType::float32, op, {odd_nan, 3.f})), 0x7FC00000u) << name_of(op);
  }
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(bits(fold_one<float>(DataType::float32, Operator::sum, {infinity, -infinity})), 0x7FC00000u);
  EXPECT_EQ(fold_one<uint16_t>(DataType::bfloat16, Operator::min, {0xFFFF, 0x3F80}), 0x7FC0);
  EXPECT_EQ(fold_one<uint16_t>(DataType::float16, Operator::sum, {0xFC01, 0x3C00}), 0x7E00);
  EXPECT_EQ(fold_one<uint8_t>(DataType::float8_e4m3, Operator::max, {0xFF, 0x38}), 0x7F);
  EXPECT_EQ(fold_one<uint8_t>(DataType::float8_e5m2, Operator::prod, {0xFD, 0x3C}), 0x7E);
}

// 1 + 2^-8 + 2^-8 in bfloat16, whose numbers near 1 are 2^-7 apart
// expect: one rounding, of the exact sum; rounding after each addition would lose both small numbers
TEST(HostReduce, rounds_once) {
  EXPECT_EQ(fold_one<uint16_t>(DataType::bfloat16, Operator::sum, {0x3F80, 0x3B80, 0x3B80}), 0x3F81);
}

// 448 + 16 and 448 + 18 in float8_e4m3, whose largest number is 448; and -448 - 448
// expect: the tie goes down to 448, beyond it is NaN, without a sign; float8_e5m2 has infinity instead
TEST(HostReduce, float8_overflow) {
  EXPECT_EQ(fold_one<uint8_t>(DataType::float8_e4m3, Operator::sum, {0x7E, 0x58}), 0x7E);
  EXPECT_EQ(fold_one<uint8_t>(DataType::float8_e4m3, Operator::sum, {0x7E, 0x59}), 0x7F);
  EXPECT_EQ(fold_one<uint8_t>(DataType::float8_e4m3, Operator::sum, {0xFE, 0xFE}), 0x7F);
  EXPECT_EQ(fold_one<uint8_t>(DataType::float8_e5m2, Operator::sum, {0x7B, 0x7B}), 0x7C);
  EXPECT_EQ(fold_one<uint8_t>(DataType::float8_e5m2, Operator::sum, {0xFB, 0xFB}), 0xFC);
}

// 1e8, 1, -1e8, 1: neighbours of 1e8 are 8 apart
// expect: from the left the first 1 is lost; as a tree ((1e8 + 1) + (-1e8 + 1)) both are; six split at four
TEST(HostReduce, order_of_the_fold) {
  EXPECT_EQ(fold_one<float>(DataType::float32, Operator::sum, {1e8f, 1.f, -1e8f, 1.f}), 1.f);
  EXPECT_EQ(fold_one<float>(DataType::float32, Operator::sum, {1e8f, 1.f, -1e8f, 1.f}, {.pairwise = true}), 0.f);
  const std::vector<float> six = {1.f, 1.f, 1.f, 1.f, 1e8f, -1e8f};
  EXPECT_EQ(fold_one<float>(DataType::float32, Operator::sum, six), 0.f);
  EXPECT_EQ(fold_one<float>(DataType::float32, Operator::sum, six, {.pairwise = true}), 4.f);
}

// sums and products beyond the range of integers
// expect: they wrap
TEST(HostReduce, integers_wrap) {
  EXPECT_EQ(fold_one<int8_t>(DataType::int8, Operator::sum, {127, 1}), -128);
  EXPECT_EQ(fold_one<int32_t>(DataType::int32, Operator::prod, {1 << 30, 6}), static_cast<int32_t>(0x80000000));
  EXPECT_EQ(fold_one<uint64_t>(DataType::uint64, Operator::sum, {~uint64_t{0}, 2}), 1u);
}

// averages: of negative integers, by the largest divisor, and of floats that times 1/3 would be another number
// expect: integers truncate towards zero; floats divide
TEST(HostReduce, average_divides) {
  EXPECT_EQ(fold_one<int32_t>(DataType::int32, Operator::avg, {-5, -2}, {.divisor = 2}), -3);
  EXPECT_EQ(fold_one<int8_t>(DataType::int8, Operator::avg, {-100, 1}, {.divisor = 0xFFFFFFFF}), 0);
  EXPECT_EQ(fold_one<uint32_t>(DataType::uint32, Operator::avg, {0xFFFFFFFE, 1}, {.divisor = 0xFFFFFFFF}), 1u);
  for (const float sum : {5.f, 7.f, 11.f, 13.f}) {
    EXPECT_EQ(fold_one<float>(DataType::float32, Operator::avg, {sum, 0.f}, {.divisor = 3}), sum / 3.f);
  }
}

// one source without a divisor: a signalling NaN
// expect: its bits, unchanged
TEST(HostReduce, copy_keeps_bits) {
  EXPECT_EQ(fold_one<uint32_t>(DataType::float32, Operator::sum, {0xFFA00001u}), 0xFFA00001u);
  EXPECT_EQ(fold_one<uint8_t>(DataType::float8_e4m3, Operator::max, {0xFF}), 0xFF);
}

}  // namespace
}  // namespace weft::test
