#include "base/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace weft {
namespace {

// variables made by a test
// expect: found by name; one with an empty value is there; others are not
TEST(Environment, get) {
  const Environment environment({{"A", "1"}, {"EMPTY", ""}});
  EXPECT_EQ(environment.get("A"), "1");
  EXPECT_TRUE(environment.has("EMPTY"));
  EXPECT_EQ(environment.get("EMPTY"), "");
  EXPECT_FALSE(environment.has("B"));
  EXPECT_EQ(environment.get("B"), std::nullopt);
}

// the process's own, with an equals sign in a value, changed after the snapshot
// expect: cut at the first equals sign; the snapshot does not change
TEST(Environment, of_process) {
  ::setenv("WEFT_TEST_ENVIRONMENT", "a=b=c", 1);
  const auto before = Environment::of_process();
  ::setenv("WEFT_TEST_ENVIRONMENT", "other", 1);
  EXPECT_EQ(before.get("WEFT_TEST_ENVIRONMENT"), "a=b=c");
  ::unsetenv("WEFT_TEST_ENVIRONMENT");
  EXPECT_FALSE(Environment::of_process().has("WEFT_TEST_ENVIRONMENT"));
}

}  // namespace
}  // namespace weft
