// A flight recorder as another process reads it: from a file, or from the memory of a rank that may be running, hanging
// or dead. Nothing that stands there is believed before it was checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace weft {

struct FlightOperation {
  uint64_t low = 0, high = 0;  // its fingerprint
  int64_t began_ns = 0;        // CLOCK_MONOTONIC of the rank's host
  int64_t took_ns = 0;         // only once it has ended
  bool ended = false;
  int result = 0;  // a Code, only once it has ended
  uint32_t sequence() const { return static_cast<uint32_t>(low); }
};

struct FlightRecord {
  uint64_t communicator = 0, boot = 0;
  int rank = 0, ranks = 0, launched_as = -1, pid = 0;
  std::string host;
  int64_t realtime_offset_ns = 0;  // CLOCK_REALTIME less CLOCK_MONOTONIC when the rank's process began to record
  bool left = false;               // it destroyed its communicator in good order
  bool in_file = false;            // it was made as a file and needs no copy
  std::vector<FlightOperation> operations;  // in the order they began
  int torn = 0;  // entries that were being written when they were read, or when the rank died
  // The operation that the rank is in; null: in none.
  const FlightOperation* under_way() const;
  // The latest that has ended; null: none.
  const FlightOperation* last_ended() const;
};

// All that stands in a file: one place that is spoilt does not hide the others.
struct FlightRecords {
  std::vector<FlightRecord> records;
  std::vector<Status> problems;
};
// `name` is how problems call it. They say at which offset it is no flight recorder, and why; a file without any record
// is one.
FlightRecords read_flight_records(int fd, std::string_view name);

}  // namespace weft
