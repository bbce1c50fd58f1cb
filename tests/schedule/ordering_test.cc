#include "schedule/ordering.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

// three lanes: 0 tells 1, 1 tells 2
// expect: 2 knows what 0 did before, not what it did after
TEST(Ordering, is_passed_on) {
  Ordering ordering(3, true);
  ordering.hear(1, ordering.stamp(0, 5));
  ordering.hear(2, ordering.stamp(1, 1));
  EXPECT_TRUE(ordering.knows(2, 0, 5));
  EXPECT_FALSE(ordering.knows(2, 0, 6));
  EXPECT_TRUE(ordering.knows(2, 1, 1));
  EXPECT_FALSE(ordering.knows(0, 1, 1));
}

// a stamp taken before its lane heard more
// expect: it does not change afterwards
TEST(Ordering, stamps_are_moments) {
  Ordering ordering(3, true);
  ordering.hear(1, ordering.stamp(0, 1));
  const Stamp early = ordering.stamp(1, 1);
  ordering.hear(1, ordering.stamp(0, 2));
  ordering.hear(2, early);
  EXPECT_TRUE(ordering.knows(2, 0, 1));
  EXPECT_FALSE(ordering.knows(2, 0, 2));
}

// two lanes, one cell: a read and a write, unordered and ordered
// expect: reported with the earlier access; not reported
TEST(AccessLog, read_and_write) {
  Ordering ordering(2, true);
  AccessLog log(1, 0, 2);
  EXPECT_FALSE(log.read(ordering, 0, 0, 3));
  const auto race = log.write(ordering, 0, 1, 1);
  ASSERT_TRUE(race);
  EXPECT_EQ(race->lane, 0u);
  EXPECT_EQ(race->event, 3u);
  EXPECT_FALSE(race->writes);

  AccessLog ordered(1, 0, 2);
  EXPECT_FALSE(ordered.read(ordering, 0, 0, 3));
  ordering.hear(1, ordering.stamp(0, 3));
  EXPECT_FALSE(ordered.write(ordering, 0, 1, 1));
  EXPECT_TRUE(ordered.read(ordering, 0, 0, 4)) << "the write is not ordered before a later read of the other lane";
}

// two reads; one lane alone
// expect: no race
TEST(AccessLog, no_race) {
  Ordering ordering(2, true);
  AccessLog log(1, 0, 2);
  EXPECT_FALSE(log.read(ordering, 0, 0, 1));
  EXPECT_FALSE(log.read(ordering, 0, 1, 1));
  AccessLog alone(1, 0, 2);
  EXPECT_FALSE(alone.write(ordering, 0, 0, 1));
  EXPECT_FALSE(alone.read(ordering, 0, 0, 2));
  EXPECT_FALSE(alone.write(ordering, 0, 0, 3));
}

}  // namespace
}  // namespace weft
