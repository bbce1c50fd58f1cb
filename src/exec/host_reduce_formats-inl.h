// How the lanes of a fold are read from memory and written back, per data type. Each target has a translation
// unit of its own, with its own flags: so an ordinary include guard is right here, not Highway's, which lets one unit
// include a file once a target; and everything has internal linkage, so that no unit's code is taken for another's.
//
// A format has the type in memory (Stored), the type it is folded in (Folded), and load and store for any number of
// lanes. The formulas of the narrow floats are those of base/float_formats.h, on many lanes at once.
#pragma once

#include <hwy/highway.h>

#include "base/float_formats.h"

namespace weft {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class D, class V>
HWY_INLINE V canonical_nan(D d, V v) {
  using Bits = hwy::MakeUnsigned<hn::TFromD<D>>;
  constexpr Bits nan = static_cast<Bits>(sizeof(Bits) == 8 ? kFloat64CanonicalNan : kFloat32CanonicalNan);
  return hn::IfThenElse(hn::IsNaN(v), hn::BitCast(d, hn::Set(hn::RebindToUnsigned<D>(), nan)), v);
}

// Folded as it lies in memory.
template <class T>
struct Whole {
  using Stored = T;
  using Folded = T;

  template <class D>
  static HWY_INLINE hn::Vec<D> load(D d, const T* from) {
    return hn::LoadU(d, from);
  }
  template <class D>
  static HWY_INLINE void store(D d, hn::Vec<D> v, T* to) {
    if constexpr (hwy::IsFloat<T>()) v = canonical_nan(d, v);
    hn::StoreU(v, d, to);
  }
};

// Bytes folded as 16-bit words, because no instruction set multiplies bytes; the low byte of a product needs only the
// low bytes of its factors.
struct WidenedByte {
  using Stored = uint8_t;
  using Folded = uint16_t;

  template <class D>
  static HWY_INLINE hn::Vec<D> load(D d, const uint8_t* from) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<uint8_t, D>(), from));
  }
  template <class D>
  static HWY_INLINE void store(D d, hn::Vec<D> v, uint8_t* to) {
    const hn::RebindToSigned<D> signed_tag;
    const hn::Rebind<uint8_t, D> byte_tag;
    const auto low = hn::And(v, hn::Set(d, uint16_t{0xFF}));
    hn::StoreU(hn::DemoteTo(byte_tag, hn::BitCast(signed_tag, low)), byte_tag, to);
  }
};

// A 16-bit or 8-bit float, folded as float32.
template <DataType type>
struct NarrowFloat {
  static constexpr FloatFormat kFormat = float_format_of(type);
  using Stored = std::conditional_t<kFormat.bits == 16, uint16_t, uint8_t>;
  using Folded = float;

  template <class D>
  static HWY_INLINE hn::Vec<D> load(D d, const Stored* from) {
    const hn::RebindToSigned<D> bits_tag;
    const auto code = hn::PromoteTo(bits_tag, hn::LoadU(hn::Rebind<Stored, D>(), from));
    return hn::BitCast(d, widen(d, bits_tag, code));
  }

  template <class D>
  static HWY_INLINE void store(D d, hn::Vec<D> v, Stored* to) {
    const hn::RebindToSigned<D> bits_tag;
    const hn::Rebind<Stored, D> stored_tag;
    hn::StoreU(hn::DemoteTo(stored_tag, narrow(d, bits_tag, v)), stored_tag, to);
  }

 private:
  template <class D, class DBits>
  static HWY_INLINE hn::Vec<DBits> widen(D d, DBits bits_tag, hn::Vec<DBits> code) {
    if constexpr (type == DataType::bfloat16) {
      return hn::ShiftLeft<16>(code);
    } else {
      const auto mask = constant(bits_tag, kFormat.magnitude_mask());
      const auto magnitude = hn::And(code, mask);
      const auto sign = hn::ShiftLeft<kFormat.sign_shift()>(hn::AndNot(mask, code));
      const auto normal =
          hn::Add(hn::ShiftLeft<kFormat.dropped_bits()>(magnitude), constant(bits_tag, kFormat.rebias()));
      const auto one_more = hn::BitCast(d, hn::Add(normal, constant(bits_tag, 1u << 23)));
      const auto smallest_normal = hn::BitCast(d, constant(bits_tag, kFormat.smallest_normal()));
      const auto subnormal = hn::BitCast(bits_tag, hn::Sub(one_more, smallest_normal));
      const auto is_subnormal = hn::Lt(magnitude, constant(bits_tag, 1u << kFormat.mantissa_bits));
      // Infinity and NaN: the exponent becomes float32's largest, the mantissa still tells them apart.
      const auto is_special = hn::Gt(magnitude, constant(bits_tag, kFormat.overflow - 1));
      const auto exponent = hn::IfThenElseZero(is_special, constant(bits_tag, kFloat32Infinity));
      return hn::Or(hn::Or(hn::IfThenElse(is_subnormal, subnormal, normal), exponent), sign);
    }
  }

  // Every NaN becomes the canonical one, without a sign, that of an overflow included.
  template <class D, class DBits>
  static HWY_INLINE hn::Vec<DBits> narrow(D d, DBits bits_tag, hn::Vec<D> v) {
    const auto wide = hn::BitCast(bits_tag, v);
    const auto magnitude = hn::And(wide, constant(bits_tag, 0x7FFFFFFF));
    auto code = round_normal(d, bits_tag, magnitude);
    if constexpr (kFormat.has_own_subnormals()) {
      const auto rounder = constant(bits_tag, kFormat.subnormal_rounder());
      const auto sum = hn::Add(hn::BitCast(d, magnitude), hn::BitCast(d, rounder));
      const auto subnormal = hn::Sub(hn::BitCast(bits_tag, sum), rounder);
      const auto is_subnormal = hn::Lt(magnitude, constant(bits_tag, kFormat.smallest_normal()));
      code = hn::Min(hn::IfThenElse(is_subnormal, subnormal, code), constant(bits_tag, kFormat.overflow));
    }
    const hn::RebindToUnsigned<D> unsigned_tag;
    const auto sign = hn::BitCast(unsigned_tag, hn::Xor(wide, magnitude));
    const auto signed_code = hn::Or(code, hn::BitCast(bits_tag, hn::ShiftRight<kFormat.sign_shift()>(sign)));
    const auto nan = constant(bits_tag, kFormat.nan);
    const auto is_nan =
        kFormat.has_infinity() ? hn::Gt(magnitude, constant(bits_tag, kFloat32Infinity)) : hn::Eq(code, nan);
    return hn::IfThenElse(is_nan, nan, signed_code);
  }

  template <class D, class DBits>
  static HWY_INLINE hn::Vec<DBits> round_normal(D, DBits bits_tag, hn::Vec<DBits> magnitude) {
    constexpr int dropped = kFormat.dropped_bits();
    const hn::RebindToUnsigned<D> unsigned_tag;
    const auto odd = hn::And(hn::ShiftRight<dropped>(magnitude), constant(bits_tag, 1));
    const auto rounding = hn::Add(odd, constant(bits_tag, (1u << (dropped - 1)) - 1));
    // Unsigned: the largest NaN carries into the top bit.
    const auto rounded = hn::BitCast(unsigned_tag, hn::Add(magnitude, rounding));
    return hn::Sub(hn::BitCast(bits_tag, hn::ShiftRight<dropped>(rounded)),
                   constant(bits_tag, kFormat.rebias() >> dropped));
  }

  template <class DBits>
  static HWY_INLINE hn::Vec<DBits> constant(DBits bits_tag, uint32_t bits) {
    return hn::Set(bits_tag, static_cast<int32_t>(bits));
  }
};

#if defined(__F16C__)
// The processor's own conversions: exact, and rounded to nearest even whatever the rounding mode.
template <>
struct NarrowFloat<DataType::float16> {
  using Stored = uint16_t;
  using Folded = float;

  template <class D>
  static HWY_INLINE hn::Vec<D> load(D d, const uint16_t* from) {
    const hn::Rebind<hwy::float16_t, D> half_tag;
    return hn::PromoteTo(d, hn::BitCast(half_tag, hn::LoadU(hn::Rebind<uint16_t, D>(), from)));
  }
  template <class D>
  static HWY_INLINE void store(D d, hn::Vec<D> v, uint16_t* to) {
    const hn::Rebind<uint16_t, D> stored_tag;
    const hn::Rebind<hwy::float16_t, D> half_tag;
    hn::StoreU(hn::BitCast(stored_tag, hn::DemoteTo(half_tag, canonical_nan(d, v))), stored_tag, to);
  }
};
#endif

}  // namespace
}  // namespace weft
