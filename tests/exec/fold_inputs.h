// Inputs of folds that reach every corner of a type: an element is small in every source, or has any bits in every
// source, or is in some of the sources one of the type's special values.
#pragma once

#include <cstdint>
#include <vector>

#include "base/dtype.h"

namespace weft::test {

// Of a float: zeros, the least and most subnormal and normal values, infinities, quiet and signalling NaNs, of both
// signs. Of an integer: 0, 1, -1 and the ends of its range.
std::vector<uint64_t> special_values(DataType type);

// The bits of `elements` elements in each of `sources` sources.
std::vector<std::vector<uint64_t>> fold_inputs(DataType type, size_t sources, size_t elements, uint64_t seed);

}  // namespace weft::test
