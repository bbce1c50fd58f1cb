#include "base/deadline.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

// no deadline
// expect: never passes; waits as long as the caller likes
TEST(Deadline, never) {
  const auto deadline = Deadline::never();
  EXPECT_TRUE(deadline.is_never());
  EXPECT_FALSE(deadline.passed());
  EXPECT_EQ(deadline.left_ms(20), 20);
}

// deadlines now and in the past
// expect: passed, nothing left
TEST(Deadline, passed) {
  for (const int64_t ms : {0, -1, -100'000}) {
    const auto deadline = Deadline::after_ms(ms);
    EXPECT_TRUE(deadline.passed()) << ms;
    EXPECT_EQ(deadline.left_ms(20), 0) << ms;
  }
}

// a deadline in an hour
// expect: not passed; the cap of the caller holds; what is left is at most an hour
TEST(Deadline, ahead) {
  const auto deadline = Deadline::after(std::chrono::hours(1));
  EXPECT_FALSE(deadline.is_never());
  EXPECT_FALSE(deadline.passed());
  EXPECT_EQ(deadline.left_ms(20), 20);
  EXPECT_LE(deadline.left_ms(INT64_MAX), 3'600'000);
  EXPECT_GT(deadline.left_ms(INT64_MAX), 3'500'000);
}

// what is left while a deadline comes near
// expect: rounded up: 0 only once it has passed, so that a wait of that length never ends early
TEST(Deadline, rounds_up) {
  const auto deadline = Deadline::after(std::chrono::milliseconds(3));
  while (deadline.left_ms(20) != 0) {
  }
  EXPECT_TRUE(deadline.passed());
}

// a deadline cut by a span: shorter than what is left, longer, and under no deadline
// expect: the sooner of the two; the earlier is the smaller
TEST(Deadline, or_after) {
  const auto hour = Deadline::after(std::chrono::hours(1));
  EXPECT_LT(hour.or_after(std::chrono::minutes(1)), hour);
  EXPECT_EQ(hour.or_after(std::chrono::hours(2)), hour);
  EXPECT_LT(hour, Deadline::never());
  EXPECT_FALSE(Deadline::never().or_after(std::chrono::hours(1)).is_never());
}

}  // namespace
}  // namespace weft
