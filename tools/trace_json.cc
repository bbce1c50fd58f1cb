// Chrome's trace events: a process for each communicator, in it a thread for each rank.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tools/flight_words.h"
#include "tools/trace.h"

namespace weft::tools {
namespace {

using Json = nlohmann::ordered_json;

double microseconds(int64_t ns) {
  return static_cast<double>(ns) / 1e3;
}

Json name_event(const char* what, int process, int thread, const std::string& name) {
  return {{"ph", "M"}, {"name", what}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}};
}

// One that never ended is a beginning without its end, which viewers draw to the end of the trace.
Json operation_event(const Timeline::Track& track, const FlightOperation& operation, int process) {
  Json event = {{"ph", operation.ended ? "X" : "B"},
                {"name", title(operation)},
                {"cat", "collective"},
                {"pid", process},
                {"tid", track.record.rank},
                {"ts", microseconds(operation.began_ns + track.shift_ns)}};
  if (operation.ended) event["dur"] = microseconds(operation.took_ns);
  event["args"] = {{"call", describe(operation)}, {"result", operation.ended ? result_text(operation) : "under way"}};
  return event;
}

}  // namespace

std::string trace_json(const Timeline& timeline) {
  Json events = Json::array();
  std::map<uint64_t, int> processes;
  for (const Timeline::Track& track : timeline.tracks) {
    const FlightRecord& record = track.record;
    const auto [found, is_new] = processes.try_emplace(record.communicator, static_cast<int>(processes.size()) + 1);
    const int process = found->second;
    if (is_new) {
      events.push_back(name_event("process_name", process, record.rank,
                                  fmt::format("communicator {:016x}, {} ranks", record.communicator, record.ranks)));
    }
    events.push_back(name_event("thread_name", process, record.rank,
                                fmt::format("rank {} ({} pid {})", record.rank, record.host, record.pid)));
    for (const FlightOperation& operation : record.operations) {
      events.push_back(operation_event(track, operation, process));
    }
  }
  const Json trace = {{"displayTimeUnit", "ns"}, {"traceEvents", std::move(events)}};
  // A host's name may be any bytes; what is no UTF-8 of it is replaced.
  return trace.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace weft::tools
