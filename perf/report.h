// The JSON file: everything that the table says and what a number needs to be compared later. The names of results are
// those of nccl-tests' own JSON where both have them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine.h"
#include "measure.h"

namespace weft::perf {

inline constexpr int kReportSchemaVersion = 1;

struct ReportRow {
  RowHead head;
  Measured out_of_place;
  std::optional<Measured> in_place;  // peers are timed out of place only
};

struct Report {
  std::string program, collective, commit;
  int library_version = 0, ranks = 0;
  std::vector<std::string> command;
  Machine machine;
  std::optional<Hop> hop_before, hop_after;
  Flags flags;
  std::vector<ReportRow> rows;
  int64_t failed_checks = 0;
  double average_bus_bandwidth = 0;
};

std::string json_of(const Report& report);
Status write_file(const std::string& path, const std::string& text);

}  // namespace weft::perf
