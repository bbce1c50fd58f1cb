#include "base/flight_record.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/flight_format.h"

namespace weft {
namespace {

constexpr int kInterruptionsMax = 1000;
constexpr int kOwnersMax = 8;                        // of a place, while it is read
constexpr double kNsPerTickMax = 100;                // no counter worth reading is slower
constexpr int64_t kSpanTicksMax = int64_t{1} << 53;  // from the latest anchor to any operation
constexpr int kTimeBits = 61;                        // of nanoseconds: 73 years, so that sums of a few fit

// What is copied out of a place; the words of an entry are plain here.
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
  bool empty() const { return words[0] == 0; }
  bool same_owner(const Copy& other) const {
    const auto mine = at<FlightIdentity>(sizeof(FlightHeader)), its = other.at<FlightIdentity>(sizeof(FlightHeader));
    return words[0] == other.words[0] && mine.communicator == its.communicator && mine.rank == its.rank &&
           mine.ranks == its.ranks && mine.pid == its.pid;
  }
};

// The file that places lie in, and where the one begins that is read.
struct Place {
  int fd;
  std::string_view name;
  size_t offset;
};

// How much of a place is there: less than asked for where the file ends.
Expected<size_t> copy_out(const Place& place, std::byte* target, size_t size) {
  size_t done = 0;
  for (int interruptions = 0; done < size;) {
    const ssize_t bytes = pread(place.fd, target + done, size - done, static_cast<off_t>(place.offset + done));
    if (bytes == 0) break;
    if (bytes > 0) {
      done += static_cast<size_t>(bytes);
    } else if (errno != EINTR || ++interruptions == kInterruptionsMax) {
      return error(Code::system_error, "{}: offset {}: {}", place.name, place.offset + done, errno_text(errno));
    }
  }
  return done;
}

Status copy_out(const Place& place, Copy& copy) {
  WEFT_TRY_ASSIGN(const size_t size, copy_out(place, copy.bytes(), kFlightBytes));
  if (size == kFlightBytes) return {};
  return error(Code::invalid_argument, "{}: offset {}: it ends here; a flight record has {} bytes", place.name,
               place.offset + size, kFlightBytes);
}

// UINT64_MAX, which begins no record, if it is not there.
uint64_t first_word(const Place& place) {
  uint64_t word = 0;
  const auto size = copy_out(place, reinterpret_cast<std::byte*>(&word), sizeof word);
  return size && *size == sizeof word ? word : UINT64_MAX;
}

Status check_header(const FlightHeader& header, const Place& place) {
  if (header.magic != kFlightMagic) {
    return error(Code::invalid_argument, "{}: offset {}: {:016x} is not how a flight record begins ({:016x})",
                 place.name, place.offset, header.magic, kFlightMagic);
  }
  if (header.version != kFlightVersion) {
    return error(Code::version, "{}: offset {}: it has version {} of the format; this weft reads version {}",
                 place.name, place.offset + offsetof(FlightHeader, version), header.version, kFlightVersion);
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
    return error(Code::invalid_argument, "{}: offset {}: {} cannot be {}; in version {} it is {}", place.name,
                 place.offset + number.offset, number.what, number.is, kFlightVersion, number.due);
  }
  return {};
}

Status check_identity(const FlightIdentity& identity, const Place& place) {
  const size_t base = place.offset + sizeof(FlightHeader);
  if (identity.ranks < 1 || identity.rank < 0 || identity.rank >= identity.ranks) {
    return error(Code::invalid_argument, "{}: offset {}: there is no rank {} of {}", place.name,
                 base + offsetof(FlightIdentity, rank), identity.rank, identity.ranks);
  }
  if (std::ranges::find(identity.host, '\0') == identity.host.end()) {
    return error(Code::invalid_argument, "{}: offset {}: the host's name does not end", place.name,
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

Expected<TickLine> tick_line(const FlightIdentity& identity, const Place& place) {
  const FlightAnchor &first = identity.first, &latest = identity.latest[identity.anchors % 2];
  const auto ticks = static_cast<double>(latest.ticks) - static_cast<double>(first.ticks);
  const auto ns = static_cast<double>(latest.monotonic_ns) - static_cast<double>(first.monotonic_ns);
  const uint64_t times = first.monotonic_ns | latest.monotonic_ns | identity.realtime_ns;
  if (times >> kTimeBits != 0 || !(ticks > 0) || !(ns > 0) || ns / ticks > kNsPerTickMax) {
    return error(Code::invalid_argument, "{}: offset {}: {} ticks in {} ns are no clock", place.name,
                 place.offset + sizeof(FlightHeader) + offsetof(FlightIdentity, latest), ticks, ns);
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

Expected<FlightRecord> record_in(const Copy& before, const Copy& after, const Place& place) {
  WEFT_TRY(check_header(after.at<FlightHeader>(0), place));
  const auto identity = after.at<FlightIdentity>(sizeof(FlightHeader));
  WEFT_TRY(check_identity(identity, place));
  WEFT_TRY_ASSIGN(const TickLine line, tick_line(identity, place));

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

// Nothing if the place is empty, or was given from one rank to the next whenever it was looked at. Three looks that
// find the same owner: what the second of them saw is of one record.
Expected<std::optional<FlightRecord>> read_place(const Place& place) {
  if (first_word(place) == 0) return std::nullopt;  // Most places of a large file.
  Copy before, after, last;
  for (int attempt = 0; attempt < kOwnersMax; ++attempt) {
    WEFT_TRY(copy_out(place, before));
    if (before.empty()) break;
    WEFT_TRY(copy_out(place, after));
    WEFT_TRY(copy_out(place, last));
    if (!before.same_owner(last) || !before.same_owner(after)) continue;
    WEFT_TRY_ASSIGN(FlightRecord record, record_in(before, after, place));
    return record;
  }
  return std::nullopt;
}

}  // namespace

const FlightOperation* FlightRecord::under_way() const {
  return operations.empty() || operations.back().ended ? nullptr : &operations.back();
}

const FlightOperation* FlightRecord::last_ended() const {
  const auto found = std::find_if(operations.rbegin(), operations.rend(), [](const auto& each) { return each.ended; });
  return found == operations.rend() ? nullptr : &*found;
}

FlightRecords read_flight_records(int fd, std::string_view name) {
  FlightRecords found;
  struct stat status {};
  if (fstat(fd, &status) != 0) {
    found.problems.push_back(error(Code::system_error, "{}: {}", name, errno_text(errno)));
  } else if (!S_ISREG(status.st_mode)) {
    found.problems.push_back(error(Code::invalid_argument, "{}: offset 0: it is not a plain file", name));
  }
  if (!found.problems.empty()) return found;
  const auto size = static_cast<size_t>(status.st_size);
  for (size_t number = 0; number == 0 || number * kFlightBytes < size; ++number) {
    const Place place{fd, name, number * kFlightBytes};
    if (number == kFlightPlacesMax) {
      found.problems.push_back(error(Code::invalid_argument, "{}: offset {}: it goes on; a file has {} places", name,
                                     place.offset, kFlightPlacesMax));
      break;
    }
    auto record = read_place(place);
    if (!record) {
      found.problems.push_back(std::move(record.error()));
      if (number == 0 && first_word(place) != kFlightMagic) break;  // no file of ours
    } else if (*record) {
      found.records.push_back(std::move(**record));
    }
  }
  if (found.records.empty() && found.problems.empty()) {
    found.problems.push_back(error(Code::invalid_argument, "{}: it holds no flight record", name));
  }
  return found;
}

}  // namespace weft
