// `weft trace`: reads flight records and shows what the ranks did, for a viewer of traces or as a table.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/flight_record.h"

namespace weft::tools {

struct TraceOptions {
  std::vector<std::string> files;
  std::string output;  // empty: standard output
  bool text = false;
  int last = 8;  // operations of each rank in the table
};

CLI::App* add_trace(CLI::App& app, TraceOptions& options);
// The exit status: 0, or 1 if a file is no flight record or the output cannot be written.
int trace(const TraceOptions& options);

// Records of several ranks on one time line, in order of communicator and rank. Ranks of one host are put side by side
// by CLOCK_MONOTONIC, hosts by what CLOCK_REALTIME was when they began.
struct Timeline {
  struct Track {
    FlightRecord record;
    int64_t shift_ns = 0;  // from the rank's CLOCK_MONOTONIC to the time line, which begins with the first operation
  };
  std::vector<Track> tracks;
  int64_t end_ns = 0;  // the last that any record tells
};
Timeline make_timeline(std::vector<FlightRecord> records);

// The forms; `last` is the number of operations shown of each rank.
std::string trace_table(const Timeline& timeline, int last);
// A line for each communicator in which one rank keeps the others waiting, of the calls that the records of all its
// ranks hold: "SLOW_RANK 3: last into 92 % of 1000 calls, median 4.1 ms after the first".
std::string slow_ranks(const Timeline& timeline);
std::string trace_json(const Timeline& timeline);  // Chrome's trace events, which Perfetto reads

}  // namespace weft::tools
