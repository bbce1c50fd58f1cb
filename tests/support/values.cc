#include "support/values.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "base/random.h"

namespace weft::test {
namespace {

// The largest n such that all integers up to n are values of the type; for integers what an int8 holds with room to
// spare.
int64_t exact_limit(DataType type) {
  return is_float(type) ? int64_t{1} << std::min(format_of(type).fraction_bits + 1, 24) : 100;
}

// The sum over all ranks stays within the limit: with many ranks, by leaving most of them at 0.
int64_t exact_addend(const Inputs& inputs, int rank, uint64_t index, Random& random) {
  const int64_t limit = exact_limit(inputs.type);
  const int64_t most = std::max<int64_t>(1, limit / inputs.ranks);
  const auto stride = static_cast<uint64_t>((inputs.ranks + limit - 1) / limit);
  if ((static_cast<uint64_t>(rank) + index) % stride != 0) return 0;
  const auto choices = static_cast<uint64_t>(is_signed(inputs.type) ? 2 * most + 1 : most + 1);
  return static_cast<int64_t>(random.below(choices)) - (is_signed(inputs.type) ? most : 0);
}

// 1 or -1, and on up to four ranks twice that, so the product is at most 16.
int64_t exact_factor(const Inputs& inputs, int rank, uint64_t index, Random& random) {
  const auto first = mix64(inputs.seed ^ index) % static_cast<uint64_t>(inputs.ranks);
  const uint64_t distance =
      (static_cast<uint64_t>(rank) + static_cast<uint64_t>(inputs.ranks) - first) % static_cast<uint64_t>(inputs.ranks);
  const int64_t size = distance < 4 ? 1 + static_cast<int64_t>(random.below(2)) : 1;
  return is_signed(inputs.type) && random.below(2) == 1 ? -size : size;
}

Real finite_number(Operator op, Random& random) {
  const Real sign = random.below(2) == 1 ? -1 : 1;
  const Real unit = std::ldexp(static_cast<Real>(random.next() >> 2), -62);
  if (op == Operator::prod) return sign * (0.875L + 0.25L * unit);  // 1.125^48 still fits into the smallest type
  return sign * std::ldexp(1 + unit, -1 - static_cast<int>(random.below(4)));
}

}  // namespace

uint64_t input_bits(const Inputs& inputs, int rank, uint64_t index) {
  Random random(mix64(inputs.seed + mix64(index)) + static_cast<uint64_t>(rank));
  const uint64_t mask = ~uint64_t{0} >> (64 - 8 * bytes_of(inputs.type));
  const bool adds = inputs.op == Operator::sum || inputs.op == Operator::avg;
  switch (inputs.values) {
    case Values::exact: {
      const int64_t number = inputs.op == Operator::prod ? exact_factor(inputs, rank, index, random)
                                                         : exact_addend(inputs, rank, index, random);
      return nearest_bits(inputs.type, static_cast<Real>(number));
    }
    case Values::finite:
      if (is_float(inputs.type)) return nearest_bits(inputs.type, finite_number(inputs.op, random));
      return random.next() & mask;
    case Values::any_bits:
      WEFT_ASSERT(!is_float(inputs.type) || (!adds && inputs.op != Operator::prod));
      return random.next() & mask;
  }
  assert_failed("a kind of values", __FILE__, __LINE__);
}

std::vector<std::byte> input_of_rank(const Inputs& inputs, int rank, size_t elements) {
  std::vector<std::byte> bytes(elements * bytes_of(inputs.type));
  for (size_t i = 0; i < elements; ++i)
    store_bits(inputs.type, input_bits(inputs, rank, i), bytes.data() + i * bytes_of(inputs.type));
  return bytes;
}

}  // namespace weft::test
