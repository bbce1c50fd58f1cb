#include "schedule/value.h"

#include <gtest/gtest.h>

#include <vector>

namespace weft {
namespace {

Value fold(const std::vector<Value>& parts, FoldFlags flags = {}, uint32_t ranks = 4) {
  std::vector<const Value*> pointers;
  for (const Value& part : parts) pointers.push_back(&part);
  Value result;
  EXPECT_EQ(fold_values(pointers, flags, ranks, result), nullptr);
  return result;
}
Value rank(uint32_t number) {
  return leaf_value(number, 0);
}

// the same numbers added in other orders
// expect: sums equal; expressions equal only if a sum of two was turned round
TEST(Value, commutes_but_does_not_associate) {
  const Value left = fold({fold({rank(0), rank(1)}), rank(2)});
  const Value turned = fold({rank(2), fold({rank(1), rank(0)})});
  const Value right = fold({rank(0), fold({rank(1), rank(2)})});
  EXPECT_EQ(left.expression, turned.expression);
  EXPECT_NE(left.expression, right.expression);
  EXPECT_EQ(left.sum, right.sum);
}

// three values in one fold and in two
// expect: different with the roundings in mind, alike without
TEST(Value, rounds_once_per_fold) {
  const Value once = fold({rank(0), rank(1), rank(2)});
  const Value twice = fold({fold({rank(0), rank(1)}), rank(2)});
  EXPECT_NE(once.expression, twice.expression);
  EXPECT_EQ(once.plain, twice.plain);
}

// ranks in order, out of order, with a gap that is filled later
// expect: only an unbroken order counts
TEST(Value, rank_order) {
  const Value kept = fold({fold({rank(0), rank(1)}), fold({rank(2), rank(3)})});
  EXPECT_EQ(kept.first, 0u);
  EXPECT_EQ(kept.end, 4u);
  for (const Value& broken : {fold({rank(1), rank(0)}), fold({fold({rank(0), rank(2)}), rank(1)})}) {
    EXPECT_EQ(broken.first, broken.end);
  }
}

// the canonical sum, and pairwise folds of all ranks
// expect: equal apart from roundings; equal with them if every fold has two parts
TEST(Value, canonical) {
  const Value pairwise = fold({rank(0), rank(1), rank(2), rank(3)}, {.pairwise = true, .post = true});
  EXPECT_EQ(pairwise.plain, canonical_sum(4).plain);
  EXPECT_NE(pairwise.expression, canonical_sum(4).rounded);
  const Value tree = fold({fold({rank(0), rank(1)}), fold({rank(2), rank(3)})}, {.post = true});
  EXPECT_EQ(tree.expression, canonical_sum(4).rounded);
  const Value five = fold({rank(0), rank(1), rank(2), rank(3), rank(4)}, {.pairwise = true, .post = true}, 5);
  EXPECT_EQ(five.plain, canonical_sum(5).plain);
}

// other positions, a rank twice, a part after the last map
// expect: refused
TEST(Value, refusals) {
  const auto refusal = [](const Value& a, const Value& b) {
    const Value* parts[] = {&a, &b};
    Value result;
    const char* wrong = fold_values(parts, {}, 4, result);
    return std::string(wrong != nullptr ? wrong : "");
  };
  EXPECT_NE(refusal(rank(0), leaf_value(1, 1)), "");
  EXPECT_NE(refusal(rank(0), rank(0)), "");
  Value mapped = rank(0);
  mapped.mapped = true;
  EXPECT_NE(refusal(mapped, rank(1)), "");
  EXPECT_EQ(refusal(rank(0), rank(1)), "");
}

}  // namespace
}  // namespace weft
