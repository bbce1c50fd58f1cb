#include "support/number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "base/random.h"
#include "support/seed.h"

namespace weft::test {
namespace {

constexpr DataType kNarrowFloats[] = {DataType::float16, DataType::bfloat16, DataType::float8_e4m3,
                                      DataType::float8_e5m2};

// every bit pattern of the 8- and 16-bit floats
// expect: its rank leads back to it; numbers rise with ranks; the nearest value of a value is itself
TEST(Number, narrow_floats_in_order) {
  for (const DataType type : kNarrowFloats) {
    for (int64_t rank = least_rank(type); rank <= most_rank(type); ++rank) {
      const uint64_t bits = bits_of_rank(type, rank);
      const Real number = number_of(type, bits);
      ASSERT_EQ(rank_of(type, bits), rank) << name_of(type);
      ASSERT_TRUE(std::isfinite(number)) << name_of(type) << bits;
      if (rank > least_rank(type) && number != 0) {
        ASSERT_LT(number_of(type, bits_of_rank(type, rank - 1)), number) << name_of(type);
      }
      if (number != 0) {
        ASSERT_EQ(nearest_bits(type, number), bits) << name_of(type);
      }
    }
  }
}

// values printed in the formats' definitions
// expect: exactly those
TEST(Number, known_values) {
  EXPECT_EQ(number_of(DataType::float16, 0x3C00), 1);
  EXPECT_EQ(number_of(DataType::float16, 0x7BFF), 65504);
  EXPECT_EQ(number_of(DataType::float16, 0x0001), std::ldexp(1.0L, -24));
  EXPECT_TRUE(std::isinf(number_of(DataType::float16, 0xFC00)));
  EXPECT_EQ(number_of(DataType::bfloat16, 0xC040), -3);
  EXPECT_EQ(number_of(DataType::float8_e4m3, 0x7E), 448);
  EXPECT_TRUE(is_nan(DataType::float8_e4m3, 0x7F) && is_nan(DataType::float8_e4m3, 0xFF));
  EXPECT_EQ(number_of(DataType::float8_e4m3, 0x01), std::ldexp(1.0L, -9));
  EXPECT_EQ(number_of(DataType::float8_e5m2, 0x7B), 57344);
  EXPECT_TRUE(std::isinf(number_of(DataType::float8_e5m2, 0x7C)));
  EXPECT_EQ(number_of(DataType::float8_e5m2, 0x01), std::ldexp(1.0L, -16));
}

// numbers half way between two values
// expect: the even one
TEST(Number, ties_to_even) {
  for (const DataType type : kNarrowFloats) {
    for (int64_t rank = 0; rank < most_rank(type); ++rank) {
      const uint64_t low = bits_of_rank(type, rank), high = bits_of_rank(type, rank + 1);
      ASSERT_EQ(nearest_bits(type, (number_of(type, low) + number_of(type, high)) / 2), (low & 1) == 0 ? low : high);
    }
  }
}

// random bits as float and double, and their conversion into each other
// expect: what the processor says
TEST(Number, wide_floats_as_the_processor) {
  Random random(seed());
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random.next();
    const auto wide = std::bit_cast<double>(bits);
    const auto narrow = std::bit_cast<float>(static_cast<uint32_t>(bits));
    if (std::isfinite(wide)) {
      ASSERT_EQ(number_of(DataType::float64, bits), static_cast<Real>(wide));
    }
    if (std::isfinite(narrow)) {
      ASSERT_EQ(number_of(DataType::float32, static_cast<uint32_t>(bits)), static_cast<Real>(narrow));
    }
    ASSERT_EQ(is_nan(DataType::float64, bits), std::isnan(wide));
    const double small = std::ldexp(1 + random.unit(), static_cast<int>(random.below(200)) - 150);
    ASSERT_EQ(nearest_bits(DataType::float32, small), std::bit_cast<uint32_t>(static_cast<float>(small))) << small;
  }
}

// the ends of the integer types
// expect: numbers, ranks and bytes agree
TEST(Number, integers) {
  EXPECT_EQ(number_of(DataType::int8, 0x80), -128);
  EXPECT_EQ(number_of(DataType::uint64, ~uint64_t{0}), std::ldexp(1.0L, 64) - 1);
  EXPECT_EQ(number_of(DataType::int64, uint64_t{1} << 63), -std::ldexp(1.0L, 63));
  EXPECT_LT(rank_of(DataType::uint64, 1), rank_of(DataType::uint64, ~uint64_t{0}));
  EXPECT_LT(rank_of(DataType::int32, 0xFFFFFFFF), rank_of(DataType::int32, 0));
  EXPECT_EQ(nearest_bits(DataType::int8, -1), 0xFFu);
  std::byte bytes[8];
  store_bits(DataType::int32, 0x01020304, bytes);
  EXPECT_EQ(std::bit_cast<int32_t>(static_cast<uint32_t>(load_bits(DataType::int32, bytes))), 0x01020304);
}

}  // namespace
}  // namespace weft::test
