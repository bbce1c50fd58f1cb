// The time of something too short to be timed alone: the least of many short rounds, so that other programs of the
// machine do not count.
#pragma once

#include <algorithm>

#include "base/flight_clock.h"

namespace weft::perf {

template <class Call>
double least_ns(const Call& call) {
  constexpr int kRounds = 5000, kCallsPerRound = 1000;
  double least = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t start = monotonic_ns();
    for (int i = 0; i < kCallsPerRound; ++i) call();
    least = std::min(least, static_cast<double>(monotonic_ns() - start) / kCallsPerRound);
  }
  return least;
}

}  // namespace weft::perf
