#include "support/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/assert.h"

namespace weft::test {
namespace {

constexpr int kFloat32Fraction = 23;

Allowed exactly(DataType type, uint64_t bits) {
  const int64_t rank = rank_of(type, bits);
  return {rank, rank, false};
}

Allowed within(DataType type, Real exact, Real bound) {
  // The exact value is itself rounded, to 64 bits; a thousandth more covers it where there is a bound at all.
  const Real margin = bound * 1.001L;
  return {first_rank_from(type, exact - margin), last_rank_to(type, exact + margin), false};
}

uint64_t integer_result(DataType type, Operator op, std::span<const uint64_t> sources) {
  const uint64_t mask = ~uint64_t{0} >> (64 - 8 * bytes_of(type));
  uint64_t word = op == Operator::prod ? 1 : 0;
  for (const uint64_t source : sources) word = op == Operator::prod ? word * source : word + source;
  word &= mask;
  if (op != Operator::avg) return word;
  const __int128 sum = is_signed(type) ? static_cast<__int128>(number_of(type, word)) : static_cast<__int128>(word);
  return static_cast<uint64_t>(sum / static_cast<__int128>(sources.size())) & mask;
}

Allowed extreme_result(DataType type, Operator op, std::span<const uint64_t> sources) {
  if (std::any_of(sources.begin(), sources.end(), [&](uint64_t bits) { return is_nan(type, bits); }))
    return {0, -1, true};
  const auto lower = [&](uint64_t a, uint64_t b) { return rank_of(type, a) < rank_of(type, b); };
  const auto [least, most] = std::minmax_element(sources.begin(), sources.end(), lower);
  return exactly(type, op == Operator::min ? *least : *most);
}

// The power of two of the lowest bit set in a number that is not 0.
int lowest_power(Real number) {
  int exponent = 0;
  Real fraction = std::frexp(number, &exponent);
  while (fraction != std::trunc(fraction)) {
    fraction *= 2;
    --exponent;
  }
  return exponent;
}

struct Precision {
  Real unit_roundoff, smallest;
  int significant_bits;
};

Precision precision_of(DataType type) {
  const FloatFormat& format = format_of(type);
  Real unit = std::ldexp(1.0L, -(format.fraction_bits + 1));
  if (format.fraction_bits < kFloat32Fraction) unit += std::ldexp(1.0L, -kFloat32Fraction);
  return {unit, number_of(type, 1), format.fraction_bits + 1};
}

Real growth(const Precision& precision, size_t roundings) {
  return std::expm1(static_cast<Real>(roundings) * std::log1p(precision.unit_roundoff));
}

Allowed float_sum(DataType type, Operator op, std::span<const Real> sources) {
  const Precision precision = precision_of(type);
  const auto n = static_cast<Real>(sources.size());
  Real sum = 0, lost = 0, sizes = 0;
  int lowest = 20000;
  for (const Real source : sources) {
    const Real next = sum + source;  // Neumaier's summation: what the addition drops is kept beside it
    lost += std::fabs(sum) >= std::fabs(source) ? (sum - next) + source : (source - next) + sum;
    sum = next;
    sizes += std::fabs(source);
    if (source != 0) lowest = std::min(lowest, lowest_power(source));
  }
  sum += lost;
  const bool all_representable = sizes == 0 || sizes <= std::ldexp(1.0L, lowest + precision.significant_bits);
  const Real bound = all_representable ? 0 : growth(precision, sources.size()) * sizes + n * precision.smallest;
  if (op == Operator::sum) return within(type, sum, bound);
  const Real divided = (std::fabs(sum) + bound) / n;
  return within(type, sum / n, bound / n + precision.unit_roundoff * divided + precision.smallest);
}

Allowed float_product(DataType type, std::span<const Real> sources) {
  const Precision precision = precision_of(type);
  Real product = 1, above = 1, below = 1;
  int bits = 0;  // an upper limit of the significant bits of any partial product
  for (const Real source : sources) {
    if (source == 0) return within(type, 0, 0);
    product *= source;
    above *= std::max(1.0L, std::fabs(source));
    below *= std::min(1.0L, std::fabs(source));
    const int own_bits = std::ilogb(source) - lowest_power(source) + 1;
    bits += own_bits > 1 ? own_bits : 0;  // A power of two adds none.
  }
  const FloatFormat& format = format_of(type);
  const Real smallest_normal = std::ldexp(1.0L, 1 - format.bias);
  if (bits <= precision.significant_bits && below >= smallest_normal) return within(type, product, 0);
  const auto n = static_cast<Real>(sources.size());
  return within(type, product, growth(precision, sources.size()) * std::fabs(product) + n * precision.smallest * above);
}

}  // namespace

Allowed allowed_result(DataType type, Operator op, std::span<const uint64_t> sources) {
  if (op == Operator::min || op == Operator::max) return extreme_result(type, op, sources);
  if (!is_float(type)) return exactly(type, integer_result(type, op, sources));
  std::vector<Real> numbers;
  for (const uint64_t bits : sources) {
    numbers.push_back(number_of(type, bits));
    WEFT_ASSERT(std::isfinite(numbers.back()));
  }
  return op == Operator::prod ? float_product(type, numbers) : float_sum(type, op, numbers);
}

std::string wrong_elements(DataType type, Operator op, std::span<const std::byte* const> sources, const std::byte* got,
                           size_t elements) {
  std::string first;
  size_t wrong = 0;
  std::vector<uint64_t> bits(sources.size());
  for (size_t i = 0; i < elements; ++i) {
    for (size_t r = 0; r < sources.size(); ++r) bits[r] = load_bits(type, sources[r] + i * bytes_of(type));
    const Allowed allowed = allowed_result(type, op, bits);
    const uint64_t answer = load_bits(type, got + i * bytes_of(type));
    if (allowed.accepts(type, answer)) continue;
    if (wrong++ > 0) continue;
    const Real least = number_of(type, bits_of_rank(type, allowed.least));
    const Real most = number_of(type, bits_of_rank(type, allowed.most));
    first = fmt::format("{} {}: element {} of {} is {:#x} ({}), allowed {}", name_of(type), name_of(op), i, elements,
                        answer, number_of(type, answer), allowed.nan ? "NaN" : fmt::format("{} to {}", least, most));
  }
  return wrong == 0 ? "" : fmt::format("{}; {} wrong in all", first, wrong);
}

}  // namespace weft::test
