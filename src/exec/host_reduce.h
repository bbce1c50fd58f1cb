// The only loop of the host that moves data: folds k sources and writes the result to m targets.
//
// The fold is from the left in the order given (or a balanced tree, `pairwise`), element by element. Integers wrap.
// float32 and float64 fold in their own type. float16, bfloat16 and the 8-bit floats are widened to float32, folded
// there, and rounded once, to nearest even, when the result is written: one rounding per call however many sources
// there are. min and max are IEEE 754-2019 minimum and maximum: a NaN source gives NaN, -0 < +0. A NaN result is
// canonical: positive, quiet, no payload. avg folds as sum; `divisor` divides the result before it is rounded (floats:
// converted to the type of the fold; integers: quotient truncated towards zero). A copy (one source, no divisor) moves
// bits unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/dtype.h"

namespace weft {

struct FoldOptions {
  uint32_t divisor = 1;    // above 1: divide the folded value (the last step of avg)
  bool pairwise = false;   // fold as a balanced tree, split at the largest power of two below the number of sources
  uint32_t streaming = 0;  // bit t: write target t with non-temporal stores (this processor will not read it soon)
};

// Sources and targets hold `elements` elements each, aligned to their type; a target may be the very same address as a
// source, but must not overlap one otherwise. At least one source and one target.
using Fold = void (*)(std::span<const std::byte* const> sources, std::span<std::byte* const> targets, size_t elements,
                      const FoldOptions& options);

// The fold for this processor; found once per type and operator. Never null.
Fold fold_for(DataType type, Operator op);

// Copies bytes from one place to m targets, as fold does with one source.
void copy_bytes(const std::byte* source, std::span<std::byte* const> targets, size_t bytes, uint32_t streaming);

// The instruction set chosen, for reports: "avx512", "avx2", "baseline", ….
const char* fold_target_name();

}  // namespace weft
