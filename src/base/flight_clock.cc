#include "base/flight_clock.h"

#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace weft {
namespace {

constexpr int kReadings = 5;  // of which the quickest counts: an interrupt hits one of them at most

uint64_t nanoseconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

uint64_t monotonic_ns() {
  return nanoseconds(CLOCK_MONOTONIC);
}

bool processor_count_is_steady() {
#if defined(__x86_64__)
  static const bool steady = [] {
    constexpr unsigned kPowerLeaf = 0x8000'0007, kInvariantTsc = 1u << 8;
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(kPowerLeaf, &a, &b, &c, &d) != 0 && (d & kInvariantTsc) != 0;
  }();
  return steady;
#else
  return false;
#endif
}

FlightAnchor flight_anchor(bool counts) {
  if (!counts) {
    const uint64_t now = monotonic_ns();
    return {now, now};
  }
  FlightAnchor best{};
  uint64_t least = UINT64_MAX;
  for (int reading = 0; reading < kReadings; ++reading) {
    const uint64_t before = processor_count(), now = monotonic_ns(), took = processor_count() - before;
    if (took >= least) continue;
    least = took;
    best = {before + took / 2, now};
  }
  return best;
}

const FlightStart& flight_start() {
  static const FlightStart start = {flight_anchor(processor_count_is_steady()), nanoseconds(CLOCK_REALTIME)};
  return start;
}

}  // namespace weft
