#include "chaos/guarded.h"

#include <gtest/gtest.h>

namespace weft::test {
namespace {

constexpr size_t kBytes = 10'000, kFirst = 100, kLast = 200;

// a byte changes: inside what was lent, beside it, far from it, and in the rims
// expect: every one is seen but the first; the far ones only by a look at everything
TEST(Guarded, sees_every_byte_beside_what_was_lent) {
  const auto seen = [](ptrdiff_t offset, size_t reach) {
    Guarded buffer(kBytes);
    EXPECT_TRUE(buffer.rests_around(kFirst, kLast));
    *(buffer.at(0) + offset) ^= std::byte{1};
    return !buffer.rests_around(kFirst, kLast, reach);
  };
  constexpr auto kRim = static_cast<ptrdiff_t>(Guarded::kRimBytes), kEnd = static_cast<ptrdiff_t>(kBytes);
  for (const ptrdiff_t offset : {100, 199}) EXPECT_FALSE(seen(offset, kBytes)) << offset;
  for (const ptrdiff_t offset : {99, 200, 50, 263}) EXPECT_TRUE(seen(offset, 64)) << offset;
  for (const ptrdiff_t offset : {35, 264}) EXPECT_FALSE(seen(offset, 64)) << offset;
  for (const ptrdiff_t offset : {-kRim, ptrdiff_t{-1}, ptrdiff_t{0}, kEnd - 1, kEnd, kEnd + kRim - 1})
    EXPECT_TRUE(seen(offset, 2 * kBytes)) << offset;
}

// what was lent and written is put to rest
// expect: nothing differs any more
TEST(Guarded, rests_again) {
  Guarded buffer(kBytes);
  for (size_t i = kFirst; i < kLast; ++i) *buffer.at(i) = std::byte{7};
  EXPECT_FALSE(buffer.rests_around(0, 0));
  buffer.put_to_rest(kFirst, kLast);
  EXPECT_TRUE(buffer.rests_around(0, 0));
}

}  // namespace
}  // namespace weft::test
