// What the flight recorder costs an operation: nanoseconds of one begin and one end, beside the clocks it could use.
// The least of many short rounds, so that other programs of the machine do not count.
//
//   flight_cost [directory]      directory: the record is a file there, else it lives in memory
#include <cstdio>
#include <string>

#include "base/flight_recorder.h"
#include "least.h"

using weft::perf::least_ns;

int main(int count, char** words) {
  const std::string directory = count > 1 ? words[1] : "";
  const auto recorder = weft::FlightRecorder::make({.communicator = 1, .host = "here"}, directory);
  if (!recorder) return std::fprintf(stderr, "flight_cost: %s\n", std::string(recorder.error().text()).c_str()), 1;
  uint64_t sum = 0;
  std::printf("processor's counter  %5.1f ns%s\n", least_ns([&] { sum += weft::processor_count(); }),
              weft::processor_count_is_steady() ? "" : "  (not steady here, so not used)");
  std::printf("CLOCK_MONOTONIC      %5.1f ns\n", least_ns([&] { sum += weft::monotonic_ns(); }));
  uint32_t sequence = 0;
  std::printf("begin and end        %5.1f ns\n", least_ns([&] {
                (*recorder)->begin(++sequence, sum);
                (*recorder)->end(weft::Code::success);
              }));
  return 0;
}
