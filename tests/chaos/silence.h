// Jobs in which a rank is stopped instead of ended.
#pragma once

#include "chaos/campaign.h"

namespace weft::test {

// Ranks that go on until kOver is set, none of which ends.
Job steady_job(uint64_t seed, int ranks);
// The same, but one is stopped until the others have given it up.
Job stopped_job(uint64_t seed, int ranks);

// Strikes: one rank of a steady job stands still for so long; then all end.
void stop_for(int64_t milliseconds, const Job& job);

// Runs a stopped job, whose rank goes on `longer_ms` after the others have worked without it; all that it could still
// write to must stay as it was. Looks at what weft says and when.
void run_for_good(const Job& job, int64_t longer_ms, Row& row);

}  // namespace weft::test
