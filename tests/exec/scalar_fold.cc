#include "exec/scalar_fold.h"

#include <bit>
#include <cmath>
#include <concepts>
#include <limits>
#include <vector>

#include "support/number.h"

namespace weft::test {
namespace {

// The smaller one is the first in the order of numbers, in which -0 comes before +0.
template <class Number>
bool is_below(Number a, Number b) {
  if constexpr (std::floating_point<Number>) {
    if (a == b) return std::signbit(a) && !std::signbit(b);
  }
  return a < b;
}

template <class Number>
Number combine(Operator op, Number a, Number b) {
  if (op == Operator::min) return is_below(a, b) ? a : b;
  if (op == Operator::max) return is_below(a, b) ? b : a;
  if constexpr (std::floating_point<Number>) {
    return op == Operator::prod ? a * b : a + b;
  } else {
    const auto left = static_cast<uint64_t>(a), right = static_cast<uint64_t>(b);
    return static_cast<Number>(op == Operator::prod ? left * right : left + right);
  }
}

// A NaN wins over everything, also where the comparisons of min and max would lose it.
template <class Number>
Number combine_or_nan(Operator op, Number a, Number b) {
  if constexpr (std::floating_point<Number>) {
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<Number>::quiet_NaN();
  }
  return combine(op, a, b);
}

template <class Number>
Number fold_left(Operator op, std::span<const Number> numbers) {
  Number folded = numbers[0];
  for (const Number number : numbers.subspan(1)) folded = combine_or_nan(op, folded, number);
  return folded;
}

template <class Number>
Number fold_tree(Operator op, std::span<const Number> numbers) {
  if (numbers.size() == 1) return numbers[0];
  const size_t split = std::bit_floor(numbers.size() - 1);
  return combine_or_nan(op, fold_tree(op, numbers.first(split)), fold_tree(op, numbers.subspan(split)));
}

template <class Number>
Number divided(Number number, uint32_t divisor) {
  if (divisor <= 1) return number;
  if constexpr (std::signed_integral<Number>) {
    return static_cast<Number>(static_cast<int64_t>(number) / int64_t{divisor});
  } else if constexpr (std::unsigned_integral<Number>) {
    return static_cast<Number>(uint64_t{number} / uint64_t{divisor});
  } else {
    return number / static_cast<Number>(divisor);
  }
}

template <class Number>
Number folded(Operator op, const std::vector<Number>& numbers, uint32_t divisor, bool pairwise) {
  const std::span<const Number> all(numbers);
  return divided(pairwise ? fold_tree(op, all) : fold_left(op, all), divisor);
}

// Bits is the unsigned type of Number's size.
template <class Number, class Bits>
uint64_t fold_whole(Operator op, std::span<const uint64_t> sources, uint32_t divisor, bool pairwise) {
  std::vector<Number> numbers;
  for (const uint64_t source : sources) numbers.push_back(std::bit_cast<Number>(static_cast<Bits>(source)));
  const Number number = folded(op, numbers, divisor, pairwise);
  if constexpr (std::floating_point<Number>) {
    if (std::isnan(number)) return std::bit_cast<Bits>(std::numeric_limits<Number>::quiet_NaN());
  }
  return std::bit_cast<Bits>(number);
}

uint64_t fold_narrow(DataType type, Operator op, std::span<const uint64_t> sources, uint32_t divisor, bool pairwise) {
  std::vector<float> numbers;
  for (const uint64_t source : sources) numbers.push_back(static_cast<float>(number_of(type, source)));
  return rounded_bits(type, folded(op, numbers, divisor, pairwise));
}

}  // namespace

uint64_t canonical_nan(DataType type) {
  const FloatFormat& format = format_of(type);
  const uint64_t all_exponent = ((uint64_t{1} << format.exponent_bits) - 1) << format.fraction_bits;
  return all_exponent | (format.ieee ? uint64_t{1} << (format.fraction_bits - 1) : uint64_t{7});
}

uint64_t rounded_bits(DataType type, float number) {
  if (std::isnan(number)) return canonical_nan(type);
  const auto largest = static_cast<uint64_t>(most_rank(type));
  // The gap to the value that would come next is as wide as the last one, for the exponent is the same. The largest
  // significand is odd where there is an infinity, so half the gap goes up; e4m3's is even, so there it goes down.
  const Real last = number_of(type, largest);
  const Real limit = last + (last - number_of(type, largest - 1)) / 2;
  const Real magnitude = std::fabs(static_cast<Real>(number));
  const bool is_beyond = format_of(type).ieee ? magnitude >= limit : magnitude > limit;
  if (is_beyond && !format_of(type).ieee) return canonical_nan(type);
  const uint64_t sign = std::signbit(number) ? uint64_t{1} << (8 * bytes_of(type) - 1) : 0;
  if (is_beyond) return sign | (largest + 1);
  return sign | nearest_bits(type, std::fmin(magnitude, last));
}

uint64_t scalar_fold(DataType type, Operator op, std::span<const uint64_t> sources, uint32_t divisor, bool pairwise) {
  if (sources.size() == 1 && divisor <= 1) return sources[0];
  switch (type) {
    case DataType::int8:
      return fold_whole<int8_t, uint8_t>(op, sources, divisor, pairwise);
    case DataType::uint8:
      return fold_whole<uint8_t, uint8_t>(op, sources, divisor, pairwise);
    case DataType::int32:
      return fold_whole<int32_t, uint32_t>(op, sources, divisor, pairwise);
    case DataType::uint32:
      return fold_whole<uint32_t, uint32_t>(op, sources, divisor, pairwise);
    case DataType::int64:
      return fold_whole<int64_t, uint64_t>(op, sources, divisor, pairwise);
    case DataType::uint64:
      return fold_whole<uint64_t, uint64_t>(op, sources, divisor, pairwise);
    case DataType::float32:
      return fold_whole<float, uint32_t>(op, sources, divisor, pairwise);
    case DataType::float64:
      return fold_whole<double, uint64_t>(op, sources, divisor, pairwise);
    default:
      return fold_narrow(type, op, sources, divisor, pairwise);
  }
}

}  // namespace weft::test
