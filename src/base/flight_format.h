// The bytes of a flight recorder: what one rank of a communicator did last, readable by any process whatever became of
// the rank. One page of facts about the rank, then a ring of operations. Numbers are in the byte order of the machine,
// which the first word shows. A file is a row of places of kFlightBytes, each with a record or empty: then its first
// word is zero.
//
//   0      FlightHeader    64 bytes, the same in every version up to `version`
//   64     FlightIdentity  who wrote it, and how its ticks become times
//   4096   FlightEntry     kFlightEntries of them; operation n is in entry n modulo kFlightEntries
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace weft {

inline constexpr uint64_t kFlightMagic = 0x0A74'6867'696C'6677;  // "wflight\n"
inline constexpr uint32_t kFlightVersion = 1;
inline constexpr size_t kFlightEntries = 1024;
inline constexpr size_t kFlightHostBytes = 256;  // with the zero at the end

struct FlightHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t header_bytes, identity_bytes;
  uint32_t entries_offset, entry_bytes, entry_count;
  std::array<uint32_t, 8> unused;
};
static_assert(sizeof(FlightHeader) == 64);

// One moment on two clocks: the one that entries are timed with, and CLOCK_MONOTONIC.
struct FlightAnchor {
  uint64_t ticks, monotonic_ns;
};

struct FlightIdentity {
  uint64_t communicator;
  uint64_t boot;  // equal on two records exactly if CLOCK_MONOTONIC is one clock for both
  int32_t rank, ranks;
  int32_t launched_as;  // WEFT_RANK; -1: not set
  int32_t pid;
  std::array<char, kFlightHostBytes> host;  // ends in a zero
  FlightAnchor first;                       // when this process began to record
  uint64_t realtime_ns;                     // CLOCK_REALTIME at that moment
  // The moment before the latest and the latest, `anchors` modulo 2: a reader always finds one that nobody writes.
  std::array<FlightAnchor, 2> latest;
  uint64_t anchors;  // how many were written so far, `first` not counted
  uint32_t left;     // 1: the rank destroyed its communicator in good order
  uint32_t in_file;  // 1: it was made in a directory (WEFT_TRACE_DIR) and needs no copy
};
static_assert(sizeof(FlightIdentity) <= 4096 - sizeof(FlightHeader) && std::is_trivially_copyable_v<FlightIdentity>);

// One operation. Its words are written in this order, and `mark` repeats bits of the sequence number: where the two do
// not belong together, the writer was between them.
struct FlightEntry {
  std::array<uint64_t, 4> words;  // the call's fingerprint (2 words, sequence number lowest), ticks, mark
};
static_assert(sizeof(FlightEntry) == 32);

inline constexpr size_t kFlightEntriesOffset = 4096;
inline FlightHeader flight_header(uint64_t magic) {
  return {.magic = magic,
          .version = kFlightVersion,
          .header_bytes = sizeof(FlightHeader),
          .identity_bytes = sizeof(FlightIdentity),
          .entries_offset = kFlightEntriesOffset,
          .entry_bytes = sizeof(FlightEntry),
          .entry_count = kFlightEntries,
          .unused = {}};
}
inline constexpr size_t kFlightBytes = kFlightEntriesOffset + kFlightEntries * sizeof(FlightEntry);
inline constexpr size_t kFlightPlacesMax = 4096;  // of one file

enum class FlightPhase : uint8_t { none, under_way, ended };

// The mark: lap 10 bits (of the sequence number, above its place in the ring) | phase 2 | result 8 | duration 44, in 16
// ticks, so that a day fits.
struct FlightMark {
  static constexpr int kPhaseShift = 10, kResultShift = 12, kDurationShift = 20, kTickShift = 4;
  static constexpr uint64_t kUnderWay = uint64_t{1} << kPhaseShift, kEnded = uint64_t{2} << kPhaseShift;
  static constexpr uint64_t kDurationMax = (uint64_t{1} << 44) - 1;

  static constexpr uint64_t lap(uint64_t sequence) { return sequence / kFlightEntries % (1u << kPhaseShift); }
  static constexpr uint64_t under_way(uint64_t sequence) { return lap(sequence) | kUnderWay; }
  static constexpr uint64_t ended(uint64_t sequence, uint64_t result, uint64_t ticks) {
    const uint64_t duration = std::min(ticks >> kTickShift, kDurationMax);
    return lap(sequence) | kEnded | result << kResultShift | duration << kDurationShift;
  }
  static constexpr FlightPhase phase(uint64_t mark) { return static_cast<FlightPhase>(mark >> kPhaseShift & 3); }
  static constexpr uint64_t result(uint64_t mark) { return mark >> kResultShift & 0xFF; }
  static constexpr uint64_t ticks(uint64_t mark) { return mark >> kDurationShift << kTickShift; }
  static constexpr bool belongs_to(uint64_t sequence, uint64_t mark) {
    return mark % (1u << kPhaseShift) == lap(sequence) && phase(mark) >= FlightPhase::under_way &&
           phase(mark) <= FlightPhase::ended;
  }
};
static_assert(FlightMark::phase(FlightMark::kUnderWay) == FlightPhase::under_way);
static_assert(FlightMark::phase(FlightMark::kEnded) == FlightPhase::ended);

}  // namespace weft
