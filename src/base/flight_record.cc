#include "base/flight_record.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/flight_format.h"

namespace weft {
namespace {

constexpr int kInterruptionsMax = 1000;
constexpr double kNsPerTickMax = 100;                // no counter worth reading is slower
constexpr int64_t kSpanTicksMax = int64_t{1} << 53;  // from the latest anchor to any operation
constexpr int kTimeBits = 61;                        // of nanoseconds: 73 years, so that sums of a few fit

// What is copied out; the words of an entry are plain here.
struct Copy {
  std::vector<uint64_t> words = std::vector<uint64_t>(kFlightBytes / sizeof(uint64_t));
  std::byte* bytes() { return reinterpret_cast<std::byte*>(words.data()); }
  const uint64_t* entry(size_t index) const { return &words[kFlightEntriesOffset / 8 + index * 4]; }
  template <typename T>
  T at(size_t offset) const {
    T value;
    std::memcpy(&value, reinterpret_cast<const std::byte*>(words.data()) + offset, sizeof value);
    return value;
  }
};

Status copy_out(int fd, std::string_view name, Copy& copy) {
  size_t done = 0;
  for (int interruptions = 0; done < kFlightBytes;) {
    const ssize_t bytes = pread(fd, copy.bytes() + done, kFlightBytes - done, static_cast<off_t>(done));
    if (bytes > 0) {
      done += static_cast<size_t>(bytes);
    } else if (bytes == 0) {
      return error(Code::invalid_argument, "{}: offset {}: it ends here; a flight record has {} bytes", name, done,
                   kFlightBytes);
    } else if (errno != EINTR || ++interruptions == kInterruptionsMax) {
      return error(Code::system_error, "{}: offset {}: {}", name, done, errno_text(errno));
    }
  }
  return {};
}

Status check_header(const FlightHeader& header, std::string_view name) {
  if (header.magic != kFlightMagic) {
    return error(Code::invalid_argument, "{}: offset 0: {:016x} is not how a flight record begins ({:016x})", name,
                 header.magic, kFlightMagic);
  }
  if (header.version != kFlightVersion) {
    return error(Code::version, "{}: offset {}: it has version {} of the format; this weft reads version {}", name,
                 offsetof(FlightHeader, version), header.version, kFlightVersion);
  }
  struct Number {
    size_t offset;
    std::string_view what;
    size_t is, due;
  };
  for (const Number& number :
       {Number{offsetof(FlightHeader, header_bytes), "bytes of the header", header.header_bytes, sizeof(FlightHeader)},
        Number{offsetof(FlightHeader, identity_bytes), "bytes of the identity", header.identity_bytes,
               sizeof(FlightIdentity)},
        Number{offsetof(FlightHeader, entries_offset), "the offset of the entries", header.entries_offset,
               kFlightEntriesOffset},
        Number{offsetof(FlightHeader, entry_bytes), "bytes of an entry", header.entry_bytes, sizeof(FlightEntry)},
        Number{offsetof(FlightHeader, entry_count), "the number of entries", header.entry_count, kFlightEntries}}) {
    if (number.is == number.due) continue;
    return error(Code::invalid_argument, "{}: offset {}: {} cannot be {}; in version {} it is {}", name, number.offset,
                 number.what, number.is, kFlightVersion, number.due);
  }
  return {};
}

Status check_identity(const FlightIdentity& identity, std::string_view name) {
  const size_t base = sizeof(FlightHeader);
  if (identity.ranks < 1 || identity.rank < 0 || identity.rank >= identity.ranks) {
    return error(Code::invalid_argument, "{}: offset {}: there is no rank {} of {}", name,
                 base + offsetof(FlightIdentity, rank), identity.rank, identity.ranks);
  }
  if (std::ranges::find(identity.host, '\0') == identity.host.end()) {
    return error(Code::invalid_argument, "{}: offset {}: the host's name does not end", name,
                 base + offsetof(FlightIdentity, host));
  }
  return {};
}

// How ticks become times: along the line through the first anchor and the latest, from the latest.
struct TickLine {
  FlightAnchor latest;
  double ns_per_tick;
  bool covers(uint64_t ticks) const { return std::abs(static_cast<int64_t>(ticks - latest.ticks)) < kSpanTicksMax; }
  int64_t time_ns(uint64_t ticks) const {
    const auto since = static_cast<double>(static_cast<int64_t>(ticks - latest.ticks));
    return static_cast<int64_t>(latest.monotonic_ns) + static_cast<int64_t>(since * ns_per_tick);
  }
  int64_t span_ns(uint64_t ticks) const { return static_cast<int64_t>(static_cast<double>(ticks) * ns_per_tick); }
};

Expected<TickLine> tick_line(const FlightIdentity& identity, std::string_view name) {
  const FlightAnchor &first = identity.first, &latest = identity.latest[identity.anchors % 2];
  const auto ticks = static_cast<double>(latest.ticks) - static_cast<double>(first.ticks);
  const auto ns = static_cast<double>(latest.monotonic_ns) - static_cast<double>(first.monotonic_ns);
  const uint64_t times = first.monotonic_ns | latest.monotonic_ns | identity.realtime_ns;
  if (times >> kTimeBits != 0 || !(ticks > 0) || !(ns > 0) || ns / ticks > kNsPerTickMax) {
    return error(Code::invalid_argument, "{}: offset {}: {} ticks in {} ns are no clock", name,
                 sizeof(FlightHeader) + offsetof(FlightIdentity, latest), ticks, ns);
  }
  return TickLine{latest, ns / ticks};
}

// Each entry that both copies have alike and whose mark belongs to its sequence number: then nobody wrote it between
// the two, and its writer was through with it.
void read_entries(const Copy& before, const Copy& after, const TickLine& line, FlightRecord& record) {
  for (size_t index = 0; index < kFlightEntries; ++index) {
    const uint64_t* const words = after.entry(index);
    if (std::all_of(words, words + 4, [](uint64_t word) { return word == 0; })) continue;
    const auto sequence = static_cast<uint32_t>(words[0]);
    const bool whole = std::equal(words, words + 4, before.entry(index)) && sequence % kFlightEntries == index &&
                       FlightMark::belongs_to(sequence, words[3]) && line.covers(words[2]);
    if (!whole) {
      ++record.torn;
      continue;
    }
    FlightOperation operation{.low = words[0], .high = words[1], .began_ns = line.time_ns(words[2])};
    if (FlightMark::phase(words[3]) == FlightPhase::ended) {
      operation.ended = true;
      operation.result = static_cast<int>(FlightMark::result(words[3]));
      operation.took_ns = line.span_ns(FlightMark::ticks(words[3]));
    }
    record.operations.push_back(operation);
  }
  std::ranges::stable_sort(record.operations, {}, &FlightOperation::began_ns);
}

}  // namespace

const FlightOperation* FlightRecord::under_way() const {
  return operations.empty() || operations.back().ended ? nullptr : &operations.back();
}

const FlightOperation* FlightRecord::last_ended() const {
  const auto found = std::find_if(operations.rbegin(), operations.rend(), [](const auto& each) { return each.ended; });
  return found == operations.rend() ? nullptr : &*found;
}

Expected<FlightRecord> read_flight_record(int fd, std::string_view name) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return error(Code::system_error, "{}: {}", name, errno_text(errno));
  if (!S_ISREG(status.st_mode)) return error(Code::invalid_argument, "{}: offset 0: it is not a plain file", name);
  Copy before, after;
  WEFT_TRY(copy_out(fd, name, before));
  WEFT_TRY(copy_out(fd, name, after));
  WEFT_TRY(check_header(after.at<FlightHeader>(0), name));
  const auto identity = after.at<FlightIdentity>(sizeof(FlightHeader));
  WEFT_TRY(check_identity(identity, name));
  WEFT_TRY_ASSIGN(const TickLine line, tick_line(identity, name));

  FlightRecord record;
  record.communicator = identity.communicator;
  record.boot = identity.boot;
  record.rank = identity.rank;
  record.ranks = identity.ranks;
  record.launched_as = identity.launched_as;
  record.pid = identity.pid;
  record.host = identity.host.data();
  record.realtime_offset_ns = static_cast<int64_t>(identity.realtime_ns - identity.first.monotonic_ns);
  record.left = identity.left != 0;
  record.in_file = identity.in_file != 0;
  read_entries(before, after, line, record);
  return record;
}

}  // namespace weft
