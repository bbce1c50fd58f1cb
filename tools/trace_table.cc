// The table of `weft trace --text`: the last operations of each rank, then where each rank is.
#include <fmt/format.h>

#include <algorithm>

#include "tools/flight_words.h"
#include "tools/trace.h"

namespace weft::tools {
namespace {

std::string row(const Timeline::Track& track, const FlightOperation& operation) {
  const double began_s = static_cast<double>(operation.began_ns + track.shift_ns) / 1e9;
  const std::string took = operation.ended ? fmt::format("{:.1f}", static_cast<double>(operation.took_ns) / 1e3) : "-";
  const std::string result = !operation.ended ? "under way" : operation.result == 0 ? "ok" : result_text(operation);
  return fmt::format("  {:<48}  {:>12.6f}  {:>12}  {}\n", describe(operation), began_s, took, result);
}

std::string heading(const FlightRecord& record) {
  return fmt::format("rank {} of {}  {} pid {}  communicator {:016x}{}\n", record.rank, record.ranks, record.host,
                     record.pid, record.communicator,
                     record.torn == 0 ? "" : fmt::format("  ({} entries torn: they were being written)", record.torn));
}

}  // namespace

std::string trace_table(const Timeline& timeline, int last) {
  std::string text;
  if (last > 0) text += fmt::format("  {:<48}  {:>12}  {:>12}  {}\n", "operation", "began s", "took us", "result");
  for (const Timeline::Track& track : timeline.tracks) {
    if (last == 0) break;
    const auto& operations = track.record.operations;
    text += heading(track.record);
    const size_t shown = std::min(operations.size(), static_cast<size_t>(last));
    for (size_t i = operations.size() - shown; i < operations.size(); ++i) text += row(track, operations[i]);
  }
  text += fmt::format("{}when the last of these records ended, {:.6f} s after the first operation:\n",
                      last > 0 ? "\n" : "", static_cast<double>(timeline.end_ns) / 1e9);
  for (const Timeline::Track& track : timeline.tracks) {
    const FlightRecord& record = track.record;
    text += fmt::format("rank {} {}\n", record.rank, whereabouts(record, timeline.end_ns - track.shift_ns).text());
  }
  return text + slow_ranks(timeline);
}

}  // namespace weft::tools
