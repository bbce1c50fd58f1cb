#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace weft {
namespace {

// seed 1234567
// expect: the published sequence of SplitMix64, so seeds mean the same everywhere and for ever
TEST(Random, published_sequence) {
  Random random(1234567);
  for (const uint64_t expected : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                  4593380528125082431u, 16408922859458223821u}) {
    EXPECT_EQ(random.next(), expected);
  }
}

// small bounds
// expect: every value below the bound appears, none else
TEST(Random, below) {
  Random random(1);
  for (uint64_t bound = 1; bound <= 8; ++bound) {
    std::set<uint64_t> seen;
    for (int i = 0; i < 200; ++i) seen.insert(random.below(bound));
    EXPECT_EQ(seen.size(), bound);
    EXPECT_EQ(*seen.rbegin(), bound - 1);
  }
}

// fractions
// expect: in [0, 1), a thousand of them spread over all tenths
TEST(Random, unit) {
  Random random(2);
  std::array<int, 10> tenths{};
  for (int i = 0; i < 1000; ++i) {
    const double value = random.unit();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    ++tenths[static_cast<size_t>(value * 10)];
  }
  for (const int count : tenths) EXPECT_GT(count, 50);
}

}  // namespace
}  // namespace weft
