// What communicators that are made from one are made of: every rank works out the same from the same decision, so
// nobody needs to be asked. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "bootstrap/agreement.h"
#include "bootstrap/agreement_news.h"
#include "bootstrap/member.h"

namespace weft {

struct Successor {
  uint64_t communicator = 0;
  int rank = -1;  // the caller's
  Roster roster;  // numbered anew
};
// Of a communicator and one of its ranks, after `decisions` decisions on the subject, of which the last is `failed`: of
// those who are left, in their order. Two parts of a communicator that hold each other for dead go on as two.
Successor succeed(uint64_t communicator, const Roster& roster, int rank, Subject subject, uint64_t decisions,
                  const RankSet& failed);
// Of those who chose this color in operation `operation`; `members` in the new order, `rank` among them.
Successor part_of(uint64_t communicator, const Roster& roster, int rank, uint32_t operation, int color,
                  const std::vector<int>& members);

}  // namespace weft
