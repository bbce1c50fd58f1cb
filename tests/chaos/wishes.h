// What a campaign may be told by the environment. `make chaos` sets these; without them the tests are as small as the
// ordinary set allows.
#pragma once

#include <cstdint>
#include <optional>

namespace weft::test {

struct Wishes {
  uint64_t seed = 1;             // WEFT_CHAOS_SEED: of the first job; the others count on from there
  std::optional<uint64_t> jobs;  // WEFT_CHAOS_JOBS: of the campaign of single deaths; the others are shares of it
  int operations = 50;           // WEFT_CHAOS_OPERATIONS: that must pass after the last death
  bool limits = false;           // WEFT_CHAOS_LIMITS=1: a percentile above its limit is a failure
  int64_t slow_seconds = 10;     // WEFT_CHAOS_SLOW_SECONDS: how long a rank is slowed down

  // A replay of one job is one job of whatever campaign the filter leaves.
  uint64_t jobs_of(uint64_t usual, uint64_t one_in) const { return jobs ? (*jobs + one_in - 1) / one_in : usual; }
};

// Read by the first call, in a process that has no other threads, and then taken out of the environment: to the ranks,
// which are forked later, they would be unknown variables of weft.
const Wishes& wishes();

}  // namespace weft::test
