// What a shrink leads to: every survivor works out the same from the same decision, so nobody needs to be asked. Pure.
#pragma once

#include <cstdint>

#include "bootstrap/agreement.h"
#include "bootstrap/member.h"

namespace weft {

struct Successor {
  uint64_t communicator = 0;
  int rank = -1;  // the caller's
  Roster roster;  // of those who are left, in their order
};
// Of a communicator and one of its ranks, after `shrinks` decisions, of which the last is `failed`. Two parts of a
// communicator that hold each other for dead go on as two communicators.
Successor succeed(uint64_t communicator, const Roster& roster, int rank, uint64_t shrinks, const RankSet& failed);

}  // namespace weft
