#include "bootstrap/call_comparison.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

CallWords call(uint32_t number, uint64_t what) {
  return {number | what << 32, what};
}

// ranks that called the same, one of them less, one far behind
// expect: nothing to say
TEST(CallComparison, agreement) {
  CallComparison comparison;
  EXPECT_FALSE(comparison.note(0, {call(1, 7), call(2, 8)}).has_value());
  EXPECT_FALSE(comparison.note(2, {call(1, 7)}).has_value());
  EXPECT_FALSE(comparison.note(1, {}).has_value());
  EXPECT_FALSE(comparison.note(2, {call(2, 8), call(3, 9)}).has_value());
}

// ranks that called different things at two numbers, among calls that agree, told newest first
// expect: the lower number and both ranks
TEST(CallComparison, disagreement) {
  CallComparison comparison;
  EXPECT_FALSE(comparison.note(0, {call(7, 4), call(6, 3), call(5, 2), call(4, 1)}).has_value());
  EXPECT_FALSE(comparison.note(1, {call(8, 1)}).has_value());
  const auto found = comparison.note(2, {call(7, 5), call(6, 4), call(5, 2)});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->one, 0);
  EXPECT_EQ(found->other, 2);
  EXPECT_EQ(found->ones, call(6, 3));
  EXPECT_EQ(found->others, call(6, 4));
}

// a rank tells another call after all was forgotten
// expect: nothing to compare it with
TEST(CallComparison, forgets) {
  CallComparison comparison;
  EXPECT_FALSE(comparison.note(0, {call(1, 7)}).has_value());
  comparison.forget();
  EXPECT_FALSE(comparison.note(1, {call(1, 8)}).has_value());
}

}  // namespace
}  // namespace weft
