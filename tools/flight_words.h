// What a flight record says, in words: for the reports of `weft run` and the tables of `weft trace`.
#pragma once

#include <cstdint>
#include <string>

#include "base/flight_record.h"

namespace weft::tools {

// "all_reduce #17 float32 sum count=4096"
std::string describe(const FlightOperation& operation);
// "all_reduce float32 sum 16 KiB #17"
std::string title(const FlightOperation& operation);
// "no error", "timeout", …
std::string result_text(const FlightOperation& operation);

// Where a rank was at a moment, as a sentence without its subject. Ranks whose sentences differ only in the time, which
// stands in the middle, are told together.
struct Whereabouts {
  std::string before;  // begins with "was " or "had "
  int64_t time_ns = 0;
  std::string after;
  bool under_way = false;
  std::string text() const;
};
Whereabouts whereabouts(const FlightRecord& record, int64_t monotonic_now_ns);

// "1.3 s", "12.0 ms", "3.4 us"
std::string duration_text(int64_t ns);

}  // namespace weft::tools
