#include "collectives/choose.h"

#include <algorithm>
#include <vector>

#include "base/assert.h"
#include "base/nearest.h"
#include "collectives/cost.h"

namespace weft {
namespace {

// The middle of the class stands for all its sizes.
uint64_t typical_bytes(uint64_t bytes) {
  const uint64_t least = std::bit_floor(bytes);
  return least + least / 2;
}

std::vector<std::string_view> algorithm_names() {
  std::vector<std::string_view> names;
  for (const CatalogRow& row : catalog()) {
    if (!is_one_of(row.name, names)) names.push_back(row.name);
  }
  return names;
}

}  // namespace

double predicted_ns(const CatalogRow& row, uint64_t bytes, int ranks, const Machine& machine) {
  std::vector<Schedule> schedules;
  for (int rank = 0; rank < ranks; ++rank) schedules.push_back(row.generate({.ranks = ranks, .rank = rank}));
  const uint32_t blocks = is_blocked(row.collective) ? static_cast<uint32_t>(ranks) : 1;
  return cost_ns(schedules, typical_bytes(bytes), blocks, machine);
}

const CatalogRow& choose(Collective collective, uint64_t bytes, int ranks, const Machine& machine,
                         std::string_view forced_name) {
  const CatalogRow* forced = find_algorithm(collective, forced_name);
  if (forced != nullptr && ranks <= forced->most_ranks) return *forced;
  const CatalogRow* best = nullptr;
  double best_ns = 0;
  for (const CatalogRow& row : catalog()) {
    if (row.collective != collective || ranks > row.most_ranks) continue;
    const double ns = predicted_ns(row, bytes, ranks, machine);
    if (best != nullptr && ns >= best_ns) continue;
    best = &row;
    best_ns = ns;
  }
  WEFT_ASSERT(best != nullptr);
  return *best;
}

Status check_algorithm_name(std::string_view name) {
  const std::vector<std::string_view> names = algorithm_names();
  if (name.empty() || is_one_of(name, names)) return {};
  return error(Code::config, "no algorithm is named \"{}\"; the nearest is \"{}\", all are: {}", name,
               nearest(name, names), fmt::join(names, " "));
}

}  // namespace weft
