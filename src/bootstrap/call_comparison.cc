#include "bootstrap/call_comparison.h"

namespace weft {

std::optional<Disagreement> CallComparison::note(int rank, const std::vector<CallWords>& calls) {
  std::optional<Disagreement> lowest;
  for (const CallWords& call : calls) {
    const First& first = first_.try_emplace(call.number(), First{rank, call}).first->second;
    if (first.call == call || first.rank == rank) continue;
    if (!lowest || call.number() < lowest->others.number()) lowest = {first.rank, rank, first.call, call};
  }
  while (first_.size() > kNumbersMax) first_.erase(first_.begin());
  return lowest;
}

}  // namespace weft
