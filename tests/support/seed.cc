#include "support/seed.h"

#include <cstdlib>

namespace weft::test {

uint64_t seed() {
  const char* given = std::getenv("WEFT_TEST_SEED");
  const uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 0) : 20260101;
  ::testing::Test::RecordProperty("seed", std::to_string(value));
  return value;
}

}  // namespace weft::test
