// The table on stdout, to the letter of nccl-tests, so that what reads theirs reads ours. Pure text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "extent.h"
#include "flags.h"

namespace weft::perf {

struct Measurement {
  double time_us = 0;      // a call, averaged over iterations and as -a says over ranks
  double cpu_time_us = 0;  // as time_us, of the calling thread's processor
  Bandwidth bandwidth;
  std::optional<int64_t> wrong;  // elements, over all ranks; nothing if not checked
};

struct RowHead {
  size_t bytes = 0, count = 0;
  std::string_view type, op;
  int root = -1;  // -1: the collective has none
};

struct Participant {
  int rank = 0, pid = 0;
  std::string host, device;
};

std::string settings_line(const Flags& flags);
std::string participant_line(const Participant& participant);
std::string table_head(bool cpu_time);
std::string row_head(const RowHead& head);
std::string row_half(const Measurement& measurement, bool cpu_time);  // twice a row: out of place, then in place
std::string table_foot(int64_t failed_checks, double average_bus_bandwidth, std::string_view program);

// At most `width` characters: fewer decimals for larger numbers.
std::string fitted(double value, int width);

}  // namespace weft::perf
