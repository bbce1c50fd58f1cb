// Which algorithm a call runs: a pure function of what all ranks know alike, so that all choose the same one.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "collectives/catalog.h"
#include "collectives/machine.h"

namespace weft {

// Choices are made per size class, the bit width of the size: plans can be cached by (collective, root, size class).
constexpr int size_class(uint64_t bytes) {
  return std::bit_width(bytes);
}

// `bytes`: of one block, which is what a rank gives to an all_gather or gets from a reduce_scatter, and the whole
// vector elsewhere. A forced name (empty: none) that this collective does not have, or not for so many ranks, leaves
// the choice free; of equals the first in the catalog wins.
const CatalogRow& choose(Collective collective, uint64_t bytes, int ranks, const Machine& machine,
                         std::string_view forced_name);

// An error if no collective has an algorithm of that name; the empty name is none and right.
Status check_algorithm_name(std::string_view name);

// Of one row, as `choose` compares it, for reports; all ranks in rank order, root 0.
double predicted_ns(const CatalogRow& row, uint64_t bytes, int ranks, const Machine& machine);

}  // namespace weft
