// What a test takes for granted: the value, or the end of the test program with the error's text; and what it expects.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/status.h"

namespace weft::test {

template <typename T>
T must(Expected<T> result) {
  if (!result) {
    fmt::print(stderr, "a test cannot go on: {}\n", result.error().text());
    std::abort();
  }
  return std::move(*result);
}

inline void expect_ok(const Status& status) {
  EXPECT_TRUE(status.ok()) << status.text();
}

}  // namespace weft::test
