#include "exec/fold_inputs.h"

#include "base/random.h"
#include "support/number.h"

namespace weft::test {
namespace {

uint64_t cut(DataType type, uint64_t bits) {
  return bits & (~uint64_t{0} >> (64 - 8 * bytes_of(type)));
}

// Of size 1/8 to 8, so that eight of them add up and multiply without an overflow.
uint64_t small_value(DataType type, Random& random) {
  if (!is_float(type)) return cut(type, random.next());
  const FloatFormat& format = format_of(type);
  const uint64_t exponent = static_cast<uint64_t>(format.bias) - 3 + random.below(6);
  const uint64_t fraction = random.next() & ((uint64_t{1} << format.fraction_bits) - 1);
  const uint64_t sign = random.below(2) << (8 * bytes_of(type) - 1);
  return sign | exponent << format.fraction_bits | fraction;
}

}  // namespace

std::vector<uint64_t> special_values(DataType type) {
  const uint64_t sign = uint64_t{1} << (8 * bytes_of(type) - 1);
  std::vector<uint64_t> values = {0, 1, sign, sign - 1, cut(type, ~uint64_t{0})};
  if (!is_float(type)) return values;
  const FloatFormat& format = format_of(type);
  const uint64_t one_exponent = uint64_t{1} << format.fraction_bits;
  const auto largest = static_cast<uint64_t>(most_rank(type));
  for (const uint64_t magnitude : {uint64_t{1}, one_exponent - 1, one_exponent, largest, largest + 1}) {
    values.push_back(magnitude);
    values.push_back(magnitude | sign);
  }
  if (!format.ieee) return values;
  const uint64_t infinity = largest + 1;
  for (const uint64_t nan : {infinity | one_exponent >> 1, infinity | 1}) {
    values.push_back(nan);
    values.push_back(nan | sign);
  }
  return values;
}

std::vector<std::vector<uint64_t>> fold_inputs(DataType type, size_t sources, size_t elements, uint64_t seed) {
  Random random(seed + static_cast<uint64_t>(type));
  const std::vector<uint64_t> specials = special_values(type);
  std::vector<std::vector<uint64_t>> inputs(sources, std::vector<uint64_t>(elements));
  for (size_t i = 0; i < elements; ++i) {
    const uint64_t kind = random.below(3);
    for (auto& source : inputs) {
      source[i] = small_value(type, random);
      if (kind == 1) source[i] = cut(type, random.next());
      if (kind == 2 && random.below(3) == 0) source[i] = specials[random.below(specials.size())];
    }
  }
  return inputs;
}

}  // namespace weft::test
