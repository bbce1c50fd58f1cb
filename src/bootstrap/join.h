// How a rank finds the others: it goes to the root that the unique id names and comes back with the roster. Any thread;
// many ranks of one process may join at the same time.
#pragma once

#include <cstdint>
#include <string>

#include "base/alive.h"
#include "base/deadline.h"
#include "base/status.h"
#include "bootstrap/member.h"
#include "bootstrap/unique_id.h"

namespace weft {

struct JoinRequest {
  int rank = 0;
  int nranks = 0;
  uint64_t plan_hash = 0;  // of the variables that shape plans: equal on all ranks or nobody joins
  std::string plan_text;   // what the error shows; at most kPlanTextBytesMax
  Member self;             // its rank is set by join
};
inline constexpr size_t kPlanTextBytesMax = 4096;

struct Joined {
  uint64_t communicator = 0;  // the same on all ranks, different for every communicator
  Secret secret{};            // of this communicator: what its processes prove to each other
  Roster roster;
};

// Blocks until every rank has come, at most until the deadline (and kVerdictGraceMs for the root's last word). Errors:
// not_joined (names the ranks that did not come), version, config, invalid_usage (another secret, a rank twice,
// different numbers of ranks), remote_error (a rank or the root died meanwhile), system_error (no root found; names the
// addresses).
// `watched`: gives up with its error as soon as that has stopped.
Expected<Joined> join(const UniqueId& id, const JoinRequest& request, Deadline deadline,
                      const Alive* watched = nullptr);
inline constexpr int64_t kVerdictGraceMs = 1000;

}  // namespace weft
