#include "transport/shm/free_space.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "support/seed.h"

namespace weft {
namespace {

constexpr uint64_t kUnit = kCarvedUnit;

// three pieces that fill the space, given back in each of the six orders
// expect: whole again, as one range
TEST(FreeSpace, joins_neighbours_in_every_order) {
  const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (const auto& order : orders) {
    FreeSpace space(kUnit, 6 * kUnit);
    const uint64_t bytes[3] = {1 * kUnit, 2 * kUnit, 3 * kUnit};
    uint64_t offsets[3];
    for (int i = 0; i < 3; ++i) offsets[i] = space.carve(bytes[i]).value();
    EXPECT_EQ(space.carve(kUnit), std::nullopt);
    for (const int i : order) space.give_back(offsets[i], bytes[i]);
    EXPECT_EQ(space.range_count(), 1u);
    EXPECT_EQ(space.carve(6 * kUnit), kUnit);
  }
}

// no range large enough, though their sum is
// expect: nothing
TEST(FreeSpace, does_not_carve_across_pieces_in_use) {
  FreeSpace space(0, 3 * kUnit);
  space.carve(kUnit).value();
  const uint64_t middle = space.carve(kUnit).value();
  space.carve(kUnit).value();
  space.give_back(0, kUnit);
  space.give_back(2 * kUnit, kUnit);
  EXPECT_EQ(space.carve(2 * kUnit), std::nullopt);
  space.give_back(middle, kUnit);
  EXPECT_EQ(space.carve(3 * kUnit), 0u);
}

// 20,000 random carvings and returns, checked against a map of units
// expect: no unit is ever in two hands, and all come back
TEST(FreeSpace, random_use) {
  constexpr uint64_t kUnits = 64;
  Random random(test::seed());
  FreeSpace space(0, kUnits * kUnit);
  struct Piece {
    uint64_t offset, bytes;
  };
  std::vector<Piece> pieces;
  std::vector<bool> used(kUnits, false);
  const auto mark = [&](const Piece& piece, bool in_use) {
    for (uint64_t unit = piece.offset / kUnit; unit < (piece.offset + piece.bytes) / kUnit; ++unit) {
      ASSERT_LT(unit, kUnits);
      ASSERT_NE(used[unit], in_use);
      used[unit] = in_use;
    }
  };
  const auto give_back = [&](size_t index) {
    mark(pieces[index], false);
    space.give_back(pieces[index].offset, pieces[index].bytes);
    pieces.erase(pieces.begin() + static_cast<ptrdiff_t>(index));
  };
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t bytes = (1 + random.below(9)) * kUnit;
    if (random.below(2) == 0 && !pieces.empty()) {
      give_back(random.below(pieces.size()));
    } else if (const auto offset = space.carve(bytes)) {
      pieces.push_back({*offset, bytes});
      mark(pieces.back(), true);
    }
  }
  while (!pieces.empty()) give_back(pieces.size() - 1);
  EXPECT_EQ(space.carve(kUnits * kUnit), 0u);
}

}  // namespace
}  // namespace weft
