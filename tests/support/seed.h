// Seeds of randomised tests: fixed unless WEFT_TEST_SEED says otherwise, and printed when a test fails.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

namespace weft::test {

uint64_t seed();

}  // namespace weft::test
