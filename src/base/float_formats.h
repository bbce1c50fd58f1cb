// The 16-bit and 8-bit floating-point types, converted to and from float32 on any processor.
//
// Widening is exact. Narrowing rounds once, to the nearest value, ties to even. What lies beyond the largest finite
// value after rounding becomes infinity; float8_e4m3 (the OCP "FN" form) has none and gives NaN: from 464 (exclusive)
// upwards, and for infinity itself. Nothing saturates. A NaN keeps its sign and loses its payload.
//
// The vector code of the folds uses the same formulas on many lanes; see exec/host_reduce_formats-inl.h.
#pragma once

#include <bit>
#include <cstdint>

#include "base/dtype.h"

namespace weft {

// What distinguishes one format: a sign bit, then exponent, then mantissa. Codes are without the sign.
struct FloatFormat {
  uint32_t bits;           // of the whole value
  uint32_t mantissa_bits;  // stored ones
  uint32_t exponent_bias;
  uint32_t overflow;  // the code of a value too large to represent: infinity, or NaN where there is no infinity
  uint32_t nan;       // the canonical NaN

  // How far a float32's mantissa reaches below this format's.
  constexpr uint32_t dropped_bits() const { return 23 - mantissa_bits; }
  constexpr uint32_t sign_shift() const { return 32 - bits; }
  constexpr uint32_t magnitude_mask() const { return (1u << (bits - 1)) - 1; }
  // float32's exponent field minus ours, in place.
  constexpr uint32_t rebias() const { return (127 - exponent_bias) << 23; }
  constexpr bool has_infinity() const { return overflow != nan; }
  // bfloat16's subnormals are float32's: no special case.
  constexpr bool has_own_subnormals() const { return exponent_bias != 127; }
  // float32 of the smallest normal value, as bits.
  constexpr uint32_t smallest_normal() const { return rebias() + (1u << 23); }
  // The float32 whose last mantissa bit weighs as much as the last bit of our subnormals, as bits: adding it to a
  // magnitude rounds that to a multiple of our smallest value.
  constexpr uint32_t subnormal_rounder() const { return rebias() + ((dropped_bits() + 1) << 23); }
};

inline constexpr uint32_t kFloat32Infinity = 0x7F800000;
inline constexpr uint32_t kFloat32CanonicalNan = 0x7FC00000;
inline constexpr uint64_t kFloat64CanonicalNan = 0x7FF8000000000000;

constexpr FloatFormat float_format_of(DataType type) {
  switch (type) {
    case DataType::float16:
      return {.bits = 16, .mantissa_bits = 10, .exponent_bias = 15, .overflow = 0x7C00, .nan = 0x7E00};
    case DataType::bfloat16:
      return {.bits = 16, .mantissa_bits = 7, .exponent_bias = 127, .overflow = 0x7F80, .nan = 0x7FC0};
    case DataType::float8_e4m3:
      return {.bits = 8, .mantissa_bits = 3, .exponent_bias = 7, .overflow = 0x7F, .nan = 0x7F};
    case DataType::float8_e5m2:
      return {.bits = 8, .mantissa_bits = 2, .exponent_bias = 15, .overflow = 0x7C, .nan = 0x7E};
    default:
      return {};
  }
}

// Is it one of the types that are widened to float32 before any arithmetic?
constexpr bool is_narrow_float(DataType type) {
  return float_format_of(type).bits != 0;
}

template <DataType type>
constexpr float widen_float(uint32_t code) {
  static_assert(is_narrow_float(type));
  constexpr FloatFormat format = float_format_of(type);
  const uint32_t sign = (code >> (format.bits - 1)) << 31;
  const uint32_t magnitude = code & format.magnitude_mask();
  uint32_t wide = (magnitude << format.dropped_bits()) + format.rebias();
  if (format.has_own_subnormals() && magnitude < (1u << format.mantissa_bits)) {
    // As if it had the smallest normal exponent and an implied one, which is then taken off again; exact.
    wide = std::bit_cast<uint32_t>(std::bit_cast<float>(wide + (1u << 23)) -
                                   std::bit_cast<float>(format.smallest_normal()));
  }
  if (magnitude == format.overflow) wide = kFloat32Infinity;
  if (magnitude > format.overflow || magnitude == format.nan) wide = kFloat32CanonicalNan;
  return std::bit_cast<float>(wide | sign);
}

template <DataType type>
constexpr uint32_t narrow_float(float value) {
  static_assert(is_narrow_float(type));
  constexpr FloatFormat format = float_format_of(type);
  constexpr uint32_t dropped = format.dropped_bits();
  const uint32_t wide = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = wide & 0x7FFFFFFF;
  // Half of the last kept bit, minus one if that bit is even: a tie goes to the even neighbour. A carry out of the
  // mantissa raises the exponent, as it should.
  const uint32_t rounding = (1u << (dropped - 1)) - 1 + ((magnitude >> dropped) & 1);
  uint32_t code = ((magnitude + rounding) >> dropped) - (format.rebias() >> dropped);
  if (format.has_own_subnormals() && magnitude < format.smallest_normal()) {
    constexpr uint32_t rounder = format.subnormal_rounder();
    code = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + std::bit_cast<float>(rounder)) - rounder;
  } else if (code > format.overflow) {
    code = format.overflow;
  }
  if (magnitude > kFloat32Infinity) code = format.nan;
  return code | ((wide >> 31) << (format.bits - 1));
}

}  // namespace weft
