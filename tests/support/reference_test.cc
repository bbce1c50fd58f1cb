#include "support/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "support/seed.h"
#include "support/values.h"

namespace weft::test {
namespace {

std::vector<uint64_t> sources_of(const Inputs& inputs, uint64_t index) {
  std::vector<uint64_t> sources;
  for (int rank = 0; rank < inputs.ranks; ++rank) sources.push_back(input_bits(inputs, rank, index));
  return sources;
}

// Folds in a random order and shape: takes two partial results until one is left, rounding every time.
uint64_t fold_at_random(DataType type, Operator op, std::vector<uint64_t> parts, Random& random) {
  const auto n = static_cast<Real>(parts.size());
  while (parts.size() > 1) {
    std::swap(parts[random.below(parts.size())], parts.back());
    const Real a = number_of(type, parts.back());
    parts.pop_back();
    uint64_t& other = parts[random.below(parts.size())];
    const Real b = number_of(type, other);
    other = nearest_bits(type, op == Operator::prod ? a * b : a + b);
  }
  return op == Operator::avg ? nearest_bits(type, number_of(type, parts[0]) / n) : parts[0];
}

// all float types, sum, prod and avg, 1 to 17 ranks, full digits, folded in any order
// expect: accepted
TEST(Reference, accepts_every_order) {
  Random random(seed());
  for (int type = static_cast<int>(DataType::float16); type < kDataTypeCount; ++type) {
    for (const Operator op : {Operator::sum, Operator::prod, Operator::avg}) {
      for (int ranks = 1; ranks <= 17; ++ranks) {
        const Inputs inputs{*data_type_of(type), op, Values::finite, ranks, random.next()};
        for (uint64_t index = 0; index < 20; ++index) {
          const auto sources = sources_of(inputs, index);
          const uint64_t got = fold_at_random(inputs.type, op, sources, random);
          ASSERT_TRUE(allowed_result(inputs.type, op, sources).accepts(inputs.type, got))
              << name_of(inputs.type) << " " << name_of(op) << " " << ranks << " ranks";
        }
      }
    }
  }
}

// exact values, all types and operators, few and many ranks
// expect: one answer (zeros of both signs count as one; avg may round either way) and a neighbour is refused
TEST(Reference, exact_values_have_one_answer) {
  for (int type = 0; type < kDataTypeCount; ++type) {
    for (int op = 0; op < kOperatorCount; ++op) {
      for (const int ranks : {1, 2, 3, 4, 7, 8, 17, 64, 256}) {
        const Inputs inputs{*data_type_of(type), *operator_of(op), Values::exact, ranks, seed()};
        for (uint64_t index = 0; index < 20; ++index) {
          const Allowed allowed = allowed_result(inputs.type, inputs.op, sources_of(inputs, index));
          const int64_t zeros = allowed.least == -1 && is_float(inputs.type) ? 1 : 0;
          const int64_t roundings = inputs.op == Operator::avg && is_float(inputs.type) ? 4 : 0;
          ASSERT_LE(allowed.least, allowed.most);
          ASSERT_LE(allowed.most - allowed.least, zeros + roundings)
              << name_of(inputs.type) << " " << name_of(inputs.op);
          ASSERT_FALSE(allowed.accepts(inputs.type, bits_of_rank(inputs.type, allowed.most + 1)));
        }
      }
    }
  }
}

// float32 sums with full digits, where one rank's part is missing, or added twice
// expect: refused, every time
TEST(Reference, refuses_missing_parts) {
  for (int ranks = 2; ranks <= 16; ++ranks) {
    const Inputs inputs{DataType::float32, Operator::sum, Values::finite, ranks, seed()};
    for (uint64_t index = 0; index < 100; ++index) {
      const auto sources = sources_of(inputs, index);
      Real sum = 0;
      for (const uint64_t bits : sources) sum += number_of(inputs.type, bits);
      const Allowed allowed = allowed_result(inputs.type, inputs.op, sources);
      const Real part = number_of(inputs.type, sources[index % sources.size()]);
      ASSERT_TRUE(allowed.accepts(inputs.type, nearest_bits(inputs.type, sum)));
      ASSERT_FALSE(allowed.accepts(inputs.type, nearest_bits(inputs.type, sum - part)));
      ASSERT_FALSE(allowed.accepts(inputs.type, nearest_bits(inputs.type, sum + part)));
    }
  }
}

uint64_t bits_of(float number) {
  return std::bit_cast<uint32_t>(number);
}

// min and max of numbers, zeros and NaNs
// expect: IEEE 754-2019 minimum and maximum
TEST(Reference, extremes) {
  const auto allowed = [](Operator op, std::vector<uint64_t> sources) {
    return allowed_result(DataType::float32, op, sources);
  };
  const uint64_t nan = bits_of(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(allowed(Operator::min, {bits_of(3), bits_of(-1), bits_of(2)}).accepts(DataType::float32, bits_of(-1)));
  EXPECT_TRUE(allowed(Operator::max, {bits_of(0.0f), bits_of(-0.0f)}).accepts(DataType::float32, bits_of(0.0f)));
  EXPECT_FALSE(allowed(Operator::max, {bits_of(0.0f), bits_of(-0.0f)}).accepts(DataType::float32, bits_of(-0.0f)));
  EXPECT_TRUE(allowed(Operator::max, {bits_of(1), nan}).accepts(DataType::float32, nan));
  EXPECT_FALSE(allowed(Operator::max, {bits_of(1), nan}).accepts(DataType::float32, bits_of(1)));
  EXPECT_FALSE(allowed(Operator::max, {bits_of(1), bits_of(0)}).accepts(DataType::float32, nan));
}

// integers that wrap, and averages of negative and wrapped sums
// expect: two's complement, quotients truncated towards zero
TEST(Reference, integers) {
  const auto one = [](DataType type, Operator op, std::vector<uint64_t> sources, uint64_t got) {
    const Allowed allowed = allowed_result(type, op, sources);
    return allowed.least == allowed.most && allowed.accepts(type, got);
  };
  EXPECT_TRUE(one(DataType::int8, Operator::sum, {127, 1}, 0x80));
  EXPECT_TRUE(one(DataType::int8, Operator::avg, {0xFF, 0xFC}, 0xFE));  // (-1 - 4) / 2 = -2
  EXPECT_TRUE(one(DataType::uint8, Operator::avg, {255, 3}, 1));        // 258 wraps to 2
  EXPECT_TRUE(one(DataType::uint64, Operator::prod, {uint64_t{1} << 63, 3}, uint64_t{1} << 63));
  EXPECT_TRUE(one(DataType::int64, Operator::min, {1, ~uint64_t{0}}, ~uint64_t{0}));
  EXPECT_TRUE(one(DataType::uint64, Operator::min, {1, ~uint64_t{0}}, 1));
}

// a buffer with one element wrong
// expect: named with its index, and counted
TEST(Reference, names_the_wrong_element) {
  const std::array<int32_t, 3> a{1, 2, 3}, b{10, 20, 30};
  std::array<int32_t, 3> got{11, 22, 33};
  const std::array sources{reinterpret_cast<const std::byte*>(a.data()), reinterpret_cast<const std::byte*>(b.data())};
  const auto* bytes = reinterpret_cast<const std::byte*>(got.data());
  EXPECT_EQ(wrong_elements(DataType::int32, Operator::sum, sources, bytes, 3), "");
  got[1] = 23;
  EXPECT_EQ(wrong_elements(DataType::int32, Operator::sum, sources, bytes, 3),
            "int32 sum: element 1 of 3 is 0x17 (23), allowed 22 to 22; 1 wrong in all");
}

}  // namespace
}  // namespace weft::test
