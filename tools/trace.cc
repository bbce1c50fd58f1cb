#include "tools/trace.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <limits>
#include <map>
#include <tuple>

#include "base/fd.h"

namespace weft::tools {
namespace {

constexpr const char* kFooter =
    "Records are in the files weft-*.flight of WEFT_TRACE_DIR or of weft run --trace-dir; those of a running process "
    "in\n"
    "/proc/PID/fd/N, where N leads to memfd:weft-flight. Open the JSON at https://ui.perfetto.dev.\n\n"
    "Exit status: 0; 1 when a file is no flight record, which is said, and the others are shown; 2 for wrong usage.\n\n"
    "Example:\n  weft trace --text weft-*.flight\n  weft trace -o job.json weft-*.flight";

Expected<FlightRecords> read_file(const std::string& path) {
  const OwnedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return error(Code::system_error, "{}: {}", path, errno_text(errno));
  return read_flight_records(fd.get(), path);
}

// Problems are printed; false if there was one.
bool gather(const std::string& path, std::vector<FlightRecord>& records) {
  auto found = read_file(path);
  if (!found) {
    fmt::print(stderr, "weft: {}\n", found.error().text());
    return false;
  }
  for (const Status& problem : found->problems) fmt::print(stderr, "weft: {}\n", problem.text());
  std::ranges::move(found->records, std::back_inserter(records));
  return found->problems.empty();
}

Status write_output(const std::string& text, const std::string& path) {
  std::FILE* const file = path.empty() ? stdout : std::fopen(path.c_str(), "we");
  if (file == nullptr) return error(Code::system_error, "cannot write {}: {}", path, errno_text(errno));
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  const int problem = errno;
  if (file != stdout) std::fclose(file);
  if (written) return {};
  return error(Code::system_error, "cannot write {}: {}", path.empty() ? "standard output" : path, errno_text(problem));
}

}  // namespace

CLI::App* add_trace(CLI::App& app, TraceOptions& options) {
  CLI::App* const command = app.add_subcommand("trace", "Show what ranks did, from their flight records");
  command->add_option("files", options.files, "Flight records")->required()->type_name("FILE...");
  command->add_option("-o,--output", options.output, "Where to write; standard output if not given")->type_name("FILE");
  command->add_flag("--text", options.text, "A table of the last operations instead of JSON for a viewer of traces");
  command->add_option("--last", options.last, "How many operations of each rank the table shows")
      ->check(CLI::Range(0, 4096))
      ->type_name("N")
      ->capture_default_str();
  command->footer(kFooter);
  return command;
}

int trace(const TraceOptions& options) {
  std::vector<FlightRecord> records;
  int status = 0;
  for (const std::string& path : options.files) {
    if (!gather(path, records)) status = 1;
  }
  if (records.empty()) return status;
  const Timeline timeline = make_timeline(std::move(records));
  const std::string text = options.text ? trace_table(timeline, options.last) : trace_json(timeline);
  if (const Status written = write_output(text, options.output); !written.ok()) {
    fmt::print(stderr, "weft: {}\n", written.text());
    status = 1;
  }
  return status;
}

Timeline make_timeline(std::vector<FlightRecord> records) {
  std::ranges::sort(records, {},
                    [](const FlightRecord& r) { return std::tuple(r.communicator, r.rank, r.host, r.pid); });
  std::map<uint64_t, int64_t>
      offsets;  // one for each host, so that a clock that was set between does not part its ranks
  Timeline timeline;
  int64_t first = std::numeric_limits<int64_t>::max();
  for (FlightRecord& record : records) {
    const int64_t offset = offsets.try_emplace(record.boot, record.realtime_offset_ns).first->second;
    if (!record.operations.empty()) first = std::min(first, record.operations.front().began_ns + offset);
    timeline.tracks.push_back({std::move(record), offset});
  }
  if (first == std::numeric_limits<int64_t>::max()) first = 0;  // no operation at all
  for (Timeline::Track& track : timeline.tracks) {
    track.shift_ns -= first;
    for (const FlightOperation& operation : track.record.operations) {
      timeline.end_ns = std::max(timeline.end_ns, operation.began_ns + operation.took_ns + track.shift_ns);
    }
  }
  return timeline;
}

}  // namespace weft::tools
