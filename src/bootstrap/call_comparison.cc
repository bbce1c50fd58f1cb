#include "bootstrap/call_comparison.h"

namespace weft {
namespace {

// The first call of both that has one number and different words.
std::optional<std::pair<CallWords, CallWords>> difference(const std::vector<CallWords>& a,
                                                          const std::vector<CallWords>& b) {
  for (const CallWords& mine : a) {
    for (const CallWords& theirs : b) {
      if (mine.number() == theirs.number() && mine != theirs) return std::pair(mine, theirs);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Disagreement> CallComparison::note(int rank, std::vector<CallWords> calls) {
  std::vector<CallWords>& kept = calls_[static_cast<size_t>(rank)];
  kept = std::move(calls);
  for (size_t other = 0; other < calls_.size(); ++other) {
    if (const auto found = difference(calls_[other], kept))
      return Disagreement{static_cast<int>(other), rank, found->first, found->second};
  }
  return std::nullopt;
}

}  // namespace weft
