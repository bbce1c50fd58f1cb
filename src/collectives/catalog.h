// The only list of algorithms. A new algorithm is a generator, a row here and a golden print; the tests find it by its
// row.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "collectives/collective.h"
#include "schedule/step.h"

namespace weft {

// What an algorithm promises about the order of its sums; each class includes the ones before it.
enum class SumOrder : uint8_t {
  ranks,      // all ranks get the same bits
  position,   // … and an element's sum is formed alike wherever it lies in the vector
  placement,  // … as the balanced tree over the ranks in order, whatever the algorithm (copies: nothing is summed)
};

struct CatalogRow {
  Collective collective;
  std::string_view name;  // a word of WEFT_ALGO
  Schedule (*generate)(const Shape&);
  int most_ranks;         // from 1 to this
  SumOrder order;         // for every number of ranks
  bool keeps_rank_order;  // ranks stand in order in every sum, whatever the root: fit for operators that do not commute
  std::string_view source;  // where the algorithm is described
};

std::span<const CatalogRow> catalog();
// Null where the collective has no algorithm of that name.
const CatalogRow* find_algorithm(Collective collective, std::string_view name);

}  // namespace weft
