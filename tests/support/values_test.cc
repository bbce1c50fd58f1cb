#include "support/values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "support/seed.h"

namespace weft::test {
namespace {

// the same seed twice, another seed, another rank
// expect: equal, different, different
TEST(Values, depend_on_seed_and_rank) {
  const Inputs inputs{DataType::float32, Operator::sum, Values::finite, 4, seed()};
  Inputs other = inputs;
  other.seed += 1;
  EXPECT_EQ(input_of_rank(inputs, 1, 100), input_of_rank(inputs, 1, 100));
  EXPECT_NE(input_of_rank(inputs, 1, 100), input_of_rank(other, 1, 100));
  EXPECT_NE(input_of_rank(inputs, 1, 100), input_of_rank(inputs, 2, 100));
}

// finite values of every float type
// expect: finite, of both signs, many different ones
TEST(Values, finite_ones_vary) {
  for (int type = static_cast<int>(DataType::float16); type < kDataTypeCount; ++type) {
    for (int op = 0; op < kOperatorCount; ++op) {
      const Inputs inputs{*data_type_of(type), *operator_of(op), Values::finite, 2, seed()};
      std::set<Real> seen;
      for (uint64_t index = 0; index < 200; ++index) {
        const Real number = number_of(inputs.type, input_bits(inputs, 0, index));
        ASSERT_TRUE(std::isfinite(number) && number != 0);
        seen.insert(number);
      }
      EXPECT_LT(*seen.begin(), 0);
      EXPECT_GT(*seen.rbegin(), 0);
      EXPECT_GE(seen.size(), 4u) << name_of(inputs.type) << " " << name_of(inputs.op);
    }
  }
}

// any bits of e5m2, enough to meet every pattern
// expect: NaNs and infinities among them
TEST(Values, any_bits_have_specials) {
  const Inputs inputs{DataType::float8_e5m2, Operator::max, Values::any_bits, 1, seed()};
  int nans = 0, infinities = 0;
  for (uint64_t index = 0; index < 5000; ++index) {
    const uint64_t bits = input_bits(inputs, 0, index);
    nans += is_nan(inputs.type, bits) ? 1 : 0;
    infinities += std::isinf(number_of(inputs.type, bits)) ? 1 : 0;
  }
  EXPECT_GT(nans, 0);
  EXPECT_GT(infinities, 0);
}

}  // namespace
}  // namespace weft::test
