// The operators of a fold, on vectors of any number of lanes; internal linkage, as in host_reduce_formats-inl.h.
#pragma once

#include <hwy/highway.h>

namespace weft {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

struct Sum {
  template <class V>
  static HWY_INLINE V apply(V a, V b) {
    return hn::Add(a, b);
  }
};

struct Product {
  template <class V>
  static HWY_INLINE V apply(V a, V b) {
    return hn::Mul(a, b);
  }
};

// Written with comparisons, not with the processors' minimum instructions: those disagree about NaN and about -0.
// Both orders of the comparison, joined by "or": different numbers give the smaller one twice; -0 and +0 give -0; with
// a NaN both comparisons are false, so the bits of both operands meet, and they are a NaN's.
struct Minimum {
  template <class V>
  static HWY_INLINE V apply(V a, V b) {
    if constexpr (hwy::IsFloat<hn::TFromV<V>>()) {
      return hn::Or(hn::IfThenElse(hn::Lt(a, b), a, b), hn::IfThenElse(hn::Lt(b, a), b, a));
    } else {
      return hn::Min(a, b);
    }
  }
};

struct Maximum {
  template <class V>
  static HWY_INLINE V apply(V a, V b) {
    if constexpr (hwy::IsFloat<hn::TFromV<V>>()) {
      return hn::Neg(Minimum::apply(hn::Neg(a), hn::Neg(b)));
    } else {
      return hn::Max(a, b);
    }
  }
};

}  // namespace
}  // namespace weft
