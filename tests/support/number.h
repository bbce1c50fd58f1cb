// The data types as numbers, written for clarity and not for speed: what the library's conversions and folds are
// compared with. Nothing here is shared with them.
#pragma once

#include <cfloat>
#include <cstddef>
#include <cstdint>

#include "base/dtype.h"

namespace weft::test {

// Every value of every type must be exact in it.
static_assert(LDBL_MANT_DIG >= 64, "the reference needs a long double of 64 significant bits or more");
using Real = long double;

// Of a float type: the value is significand * 2^(exponent - bias), with a hidden bit unless the exponent field is 0.
struct FloatFormat {
  int exponent_bits, fraction_bits, bias;
  bool ieee;  // the largest exponent means infinity and NaN; else (e4m3) only all ones is NaN and there is no infinity
};
bool is_float(DataType type);
bool is_signed(DataType type);
const FloatFormat& format_of(DataType type);  // float types only

uint64_t load_bits(DataType type, const std::byte* at);
void store_bits(DataType type, uint64_t bits, std::byte* at);

bool is_nan(DataType type, uint64_t bits);
Real number_of(DataType type, uint64_t bits);

// Numbers the values of a type in their order, -0 before +0; NaNs lie beyond the infinities.
int64_t rank_of(DataType type, uint64_t bits);
uint64_t bits_of_rank(DataType type, int64_t rank);
int64_t least_rank(DataType type);  // of the finite values
int64_t most_rank(DataType type);

// Float types only: the ranks of 64-bit integers leave no room for "none".
int64_t first_rank_from(DataType type,
                        Real least);             // of the first finite value >= least; most_rank + 1 if there is none
int64_t last_rank_to(DataType type, Real most);  // of the last finite value <= most; least_rank - 1 if there is none

// The nearest value, ties to even. The number must be within the finite range of the type, and whole for integers.
uint64_t nearest_bits(DataType type, Real number);

}  // namespace weft::test
