#include "support/number.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/assert.h"

namespace weft::test {
namespace {

constexpr FloatFormat kFloat16{5, 10, 15, true};
constexpr FloatFormat kFloat32{8, 23, 127, true};
constexpr FloatFormat kFloat64{11, 52, 1023, true};
constexpr FloatFormat kBfloat16{8, 7, 127, true};
constexpr FloatFormat kFloat8e4m3{4, 3, 7, false};
constexpr FloatFormat kFloat8e5m2{5, 2, 15, true};

int width_of(DataType type) {
  return static_cast<int>(bytes_of(type)) * 8;
}
uint64_t low_bits(int count) {
  return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}
uint64_t magnitude_of(DataType type, uint64_t bits) {
  return bits & low_bits(width_of(type) - 1);
}
bool is_negative(DataType type, uint64_t bits) {
  return (bits >> (width_of(type) - 1) & 1) != 0;
}

uint64_t largest_finite(DataType type) {
  const FloatFormat& format = format_of(type);
  const uint64_t all = low_bits(format.exponent_bits + format.fraction_bits);
  return format.ieee ? all - (uint64_t{1} << format.fraction_bits) : all - 1;
}

int64_t sign_extended(DataType type, uint64_t bits) {
  const int unused = 64 - width_of(type);
  return static_cast<int64_t>(bits << unused) >> unused;
}

}  // namespace

bool is_float(DataType type) {
  return type >= DataType::float16;
}

bool is_signed(DataType type) {
  return is_float(type) || type == DataType::int8 || type == DataType::int32 || type == DataType::int64;
}

const FloatFormat& format_of(DataType type) {
  switch (type) {
    case DataType::float16:
      return kFloat16;
    case DataType::float32:
      return kFloat32;
    case DataType::float64:
      return kFloat64;
    case DataType::bfloat16:
      return kBfloat16;
    case DataType::float8_e4m3:
      return kFloat8e4m3;
    case DataType::float8_e5m2:
      return kFloat8e5m2;
    default:
      assert_failed("format_of an integer type", __FILE__, __LINE__);
  }
}

uint64_t load_bits(DataType type, const std::byte* at) {
  uint64_t bits = 0;
  for (size_t i = 0; i < bytes_of(type); ++i) bits |= std::to_integer<uint64_t>(at[i]) << (8 * i);  // little endian
  return bits;
}

void store_bits(DataType type, uint64_t bits, std::byte* at) {
  for (size_t i = 0; i < bytes_of(type); ++i) at[i] = static_cast<std::byte>(bits >> (8 * i));
}

bool is_nan(DataType type, uint64_t bits) {
  if (!is_float(type)) return false;
  const uint64_t infinity = largest_finite(type) + (format_of(type).ieee ? 1 : 0);
  return magnitude_of(type, bits) > infinity;
}

Real number_of(DataType type, uint64_t bits) {
  if (!is_float(type)) {
    return is_signed(type) ? static_cast<Real>(sign_extended(type, bits)) : static_cast<Real>(bits);
  }
  const FloatFormat& format = format_of(type);
  const Real sign = is_negative(type, bits) ? -1 : 1;
  const uint64_t magnitude = magnitude_of(type, bits);
  if (is_nan(type, bits)) return std::numeric_limits<Real>::quiet_NaN();
  if (magnitude > largest_finite(type)) return sign * std::numeric_limits<Real>::infinity();
  const auto exponent = static_cast<int>(magnitude >> format.fraction_bits);
  const uint64_t fraction = magnitude & low_bits(format.fraction_bits);
  const uint64_t significand = exponent == 0 ? fraction : fraction | uint64_t{1} << format.fraction_bits;
  const int power = (exponent == 0 ? 1 : exponent) - format.bias - format.fraction_bits;
  return sign * std::ldexp(static_cast<Real>(significand), power);
}

int64_t rank_of(DataType type, uint64_t bits) {
  if (is_float(type)) {
    const auto magnitude = static_cast<int64_t>(magnitude_of(type, bits));
    return is_negative(type, bits) ? -1 - magnitude : magnitude;
  }
  if (is_signed(type)) return sign_extended(type, bits);
  return width_of(type) < 64 ? static_cast<int64_t>(bits) : static_cast<int64_t>(bits ^ uint64_t{1} << 63);
}

uint64_t bits_of_rank(DataType type, int64_t rank) {
  const auto word = static_cast<uint64_t>(rank);
  if (is_float(type)) return rank >= 0 ? word : ~word | uint64_t{1} << (width_of(type) - 1);
  if (type == DataType::uint64) return word ^ uint64_t { 1 } << 63;
  return word & low_bits(width_of(type));
}

int64_t most_rank(DataType type) {
  if (is_float(type)) return static_cast<int64_t>(largest_finite(type));
  return rank_of(type, low_bits(width_of(type) - (is_signed(type) ? 1 : 0)));
}

int64_t least_rank(DataType type) {
  if (is_float(type)) return -1 - most_rank(type);
  return rank_of(type, is_signed(type) ? uint64_t{1} << (width_of(type) - 1) : 0);
}

// By bisection, as the numbers rise with the ranks. Sums of two ranks may overflow, so the middle is taken unsigned.
int64_t first_rank_from(DataType type, Real least) {
  int64_t low = least_rank(type), high = most_rank(type);
  if (number_of(type, bits_of_rank(type, high)) < least) return high + 1;
  while (low < high) {
    const auto middle = static_cast<int64_t>(static_cast<uint64_t>(low) +
                                             (static_cast<uint64_t>(high) - static_cast<uint64_t>(low)) / 2);
    if (number_of(type, bits_of_rank(type, middle)) >= least) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

int64_t last_rank_to(DataType type, Real most) {
  return first_rank_from(type, std::nextafter(most, std::numeric_limits<Real>::infinity())) - 1;
}

uint64_t nearest_bits(DataType type, Real number) {
  if (!is_float(type)) {
    const uint64_t bits =
        number < 0 ? static_cast<uint64_t>(static_cast<int64_t>(number)) : static_cast<uint64_t>(number);
    WEFT_ASSERT(number_of(type, bits & low_bits(width_of(type))) == number);
    return bits & low_bits(width_of(type));
  }
  WEFT_ASSERT(number >= number_of(type, bits_of_rank(type, least_rank(type))) &&
              number <= number_of(type, bits_of_rank(type, most_rank(type))));
  if (number == 0) return 0;  // not -0, which compares equal
  const uint64_t above = bits_of_rank(type, first_rank_from(type, number));
  if (number_of(type, above) == number) return above;
  const uint64_t below = bits_of_rank(type, last_rank_to(type, number));
  const Real up = number_of(type, above) - number;
  const Real down = number - number_of(type, below);
  if (up == down) return (above & 1) == 0 ? above : below;
  return up < down ? above : below;
}

}  // namespace weft::test
