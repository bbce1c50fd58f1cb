#include "bootstrap/succession.h"

#include <algorithm>

#include "base/random.h"

namespace weft {
namespace {

constexpr uint64_t kPart = 0x100;  // a cause beside the subjects of agreements

Successor made_of(uint64_t communicator, const Roster& roster, int rank, const std::vector<int>& members) {
  Successor next{.communicator = communicator, .rank = -1, .roster = {}};
  for (const int member : members) {
    if (member == rank) next.rank = static_cast<int>(next.roster.size());
    next.roster.push_back(roster[static_cast<size_t>(member)]);
    next.roster.back().rank = static_cast<int>(next.roster.size()) - 1;
  }
  return next;
}

}  // namespace

Successor succeed(uint64_t communicator, const Roster& roster, int rank, Subject subject, uint64_t decisions,
                  const RankSet& failed) {
  uint64_t cause = mix64(mix64(static_cast<uint64_t>(subject)) + decisions);
  for (const int one : failed) cause = mix64(cause ^ static_cast<uint64_t>(one));
  std::vector<int> left;
  for (const Member& member : roster) {
    if (!std::binary_search(failed.begin(), failed.end(), member.rank)) left.push_back(member.rank);
  }
  return made_of(mix64(communicator ^ cause), roster, rank, left);
}

Successor part_of(uint64_t communicator, const Roster& roster, int rank, uint32_t operation, int color,
                  const std::vector<int>& members) {
  const uint64_t cause = mix64(mix64(mix64(kPart) + operation) + static_cast<uint64_t>(color));
  return made_of(mix64(communicator ^ cause), roster, rank, members);
}

}  // namespace weft
