#include "base/status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace weft {
namespace {

// a status made without arguments
// expect: success, no text
TEST(Status, success) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), Code::success);
  EXPECT_EQ(status.text(), "");
}

// an error with a formatted text
// expect: its code and the whole text, also in a copy after the original is gone
TEST(Status, error) {
  Status copy;
  {
    const Status status = error(Code::timeout, "rank {} did not come in {} s", 3, 1.5);
    EXPECT_FALSE(status.ok());
    copy = status.copy();
  }
  EXPECT_EQ(copy.code(), Code::timeout);
  EXPECT_EQ(copy.text(), "rank 3 did not come in 1.5 s");
}

// success passed on
// expect: as cheap as a pointer
TEST(Status, is_one_pointer_wide) {
  EXPECT_EQ(sizeof(Status), sizeof(void*));
}

Status pass_on(Status status, bool& went_on) {
  WEFT_TRY(std::move(status));
  went_on = true;
  return {};
}

// WEFT_TRY of success, and of an error
// expect: goes on; returns the error and does not go on
TEST(Status, try_passes_errors_on) {
  bool went_on = false;
  EXPECT_TRUE(pass_on({}, went_on).ok());
  EXPECT_TRUE(went_on);

  went_on = false;
  EXPECT_EQ(pass_on(error(Code::mismatch, "count"), went_on).text(), "count");
  EXPECT_FALSE(went_on);
}

Expected<std::unique_ptr<int>> boxed(int value) {
  if (value < 0) return error(Code::invalid_argument, "value={}: must not be negative", value);
  return std::make_unique<int>(value);
}

Expected<int> sum_of(int first, int second) {
  WEFT_TRY_ASSIGN(const auto a, boxed(first));
  WEFT_TRY_ASSIGN(const auto b, boxed(second));
  return *a + *b;
}

// WEFT_TRY_ASSIGN of values that can only move, and of an error
// expect: the values arrive; the error is passed on
TEST(Status, try_assign) {
  const auto sum = sum_of(2, 3);
  ASSERT_TRUE(sum.has_value());
  EXPECT_EQ(*sum, 5);
  const auto failed = sum_of(2, -3);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code(), Code::invalid_argument);
  EXPECT_EQ(failed.error().text(), "value=-3: must not be negative");
}

// a number of errno
// expect: the system's text
TEST(Status, errno_text) {
  EXPECT_EQ(errno_text(ENOENT), "No such file or directory");
}

}  // namespace
}  // namespace weft
