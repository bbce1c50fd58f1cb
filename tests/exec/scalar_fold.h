// A fold as its contract in exec/host_reduce.h reads, of one element: what every compiled fold is compared with, bit
// for bit. It shares nothing with the folds; numbers are converted by support/number.h.
#pragma once

#include <cstdint>
#include <span>

#include "base/dtype.h"

namespace weft::test {

// The bits of a NaN that is computed: positive, quiet, no payload. All bits are due: no payload is left to chance.
uint64_t canonical_nan(DataType type);

// The nearest value of a float of 16 or 8 bits, ties to even; infinity (or NaN, where there is none) beyond the range.
uint64_t rounded_bits(DataType type, float number);

// `sources` holds the element's bits in each source. `pairwise` and `divisor` as in FoldOptions.
uint64_t scalar_fold(DataType type, Operator op, std::span<const uint64_t> sources, uint32_t divisor, bool pairwise);

}  // namespace weft::test
