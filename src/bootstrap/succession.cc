#include "bootstrap/succession.h"

#include <algorithm>

#include "base/random.h"

namespace weft {

Successor succeed(uint64_t communicator, const Roster& roster, int rank, uint64_t shrinks, const RankSet& failed) {
  Successor next;
  uint64_t cause = mix64(shrinks);
  for (const int one : failed) cause = mix64(cause ^ static_cast<uint64_t>(one));
  next.communicator = mix64(communicator ^ cause);
  for (const Member& member : roster) {
    if (std::binary_search(failed.begin(), failed.end(), member.rank)) continue;
    if (member.rank == rank) next.rank = static_cast<int>(next.roster.size());
    next.roster.push_back(member);
    next.roster.back().rank = static_cast<int>(next.roster.size()) - 1;
  }
  return next;
}

}  // namespace weft
