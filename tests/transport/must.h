// What a test takes for granted: the value, or the end of the test program with the error's text.
#pragma once

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

}  // namespace weft::test
