// The clock of flight recorders: the processor's counter where it runs at one rate for ever, because reading it costs
// 10 ns and CLOCK_MONOTONIC costs 23; else CLOCK_MONOTONIC. Counts become times through anchors, moments read on both.
#pragma once

#include <cstdint>

#include "base/flight_format.h"

namespace weft {

uint64_t monotonic_ns();

#if defined(__x86_64__)
inline uint64_t processor_count() {
  return __builtin_ia32_rdtsc();
}
#else
inline uint64_t processor_count() {
  return monotonic_ns();
}
#endif

// Whether the processor's counter is worth reading: x86 says so in CPUID (invariant TSC). The same for every call.
bool processor_count_is_steady();

FlightAnchor flight_anchor(bool counts);
// The first of this process, and CLOCK_REALTIME at that moment. Any thread.
struct FlightStart {
  FlightAnchor anchor;
  uint64_t realtime_ns;
};
const FlightStart& flight_start();

}  // namespace weft
