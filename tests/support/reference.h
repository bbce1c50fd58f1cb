// What a reduction may answer, whatever the order it adds in: worked out one element at a time in long double, with a
// proven bound on the rounding that any order can cause.
//
// u is the unit roundoff of the type (2^-24 for float32; for types narrower than float32 one 2^-23 is added for the
// work in float32), n the number of ranks, s the smallest positive number of the type. Each of the n - 1 operations
// rounds at most once in the type, and the final store once more, so
//   sum   |got - exact| <= ((1 + u)^n - 1) * sum of |x| + n * s
//   prod  |got - exact| <= ((1 + u)^n - 1) * |exact| + n * s * product of max(1, |x|)
//   avg   as sum, divided by n, then one rounding more
// where no partial result overflows.
// If every partial sum (product) of every order is representable, then sum and prod have one answer and avg has one
// rounding. min, max and all integers have one answer always. A NaN among the sources of min and max must give a NaN.
#pragma once

#include <span>
#include <string>

#include "support/number.h"

namespace weft::test {

// The answers allowed: all values whose rank (see rank_of) lies within.
struct Allowed {
  int64_t least = 0, most = -1;
  bool nan = false;  // then any NaN and nothing else

  bool accepts(DataType type, uint64_t bits) const {
    if (nan) return is_nan(type, bits);
    const int64_t rank = rank_of(type, bits);
    return least <= rank && rank <= most;
  }
};

// `sources` has the bits of one element on each rank. Floats must be finite unless op is min or max.
Allowed allowed_result(DataType type, Operator op, std::span<const uint64_t> sources);

// Compares a whole buffer; `sources` has one pointer a rank. Empty if all is well, else the first wrong element in
// words and how many there are.
std::string wrong_elements(DataType type, Operator op, std::span<const std::byte* const> sources, const std::byte* got,
                           size_t elements);

}  // namespace weft::test
