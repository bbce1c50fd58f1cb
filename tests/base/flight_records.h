// What the tests of recorders and of reading their records share: a recorder, operations that can be told from their
// numbers, and the memory to break.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <utility>

#include "base/flight_format.h"
#include "base/flight_record.h"
#include "base/flight_recorder.h"

namespace weft::test {

inline const FlightRecorder::Owner kOwner{
    .communicator = 0xABC, .boot = 7, .rank = 2, .ranks = 4, .launched_as = 5, .host = "node-a"};

inline std::unique_ptr<FlightRecorder> make_recorder() {
  auto recorder = FlightRecorder::make(kOwner, "");
  EXPECT_TRUE(recorder.has_value());
  return std::move(*recorder);
}

inline FlightRecord read(int fd) {
  FlightRecords found = read_flight_records(fd, "it");
  for (const Status& problem : found.problems) ADD_FAILURE() << problem.text();
  return found.records.size() == 1 ? std::move(found.records.front()) : FlightRecord();
}

inline FlightRecord read(const FlightRecorder& recorder) {
  return read(recorder.fd());
}

// Operation n as these tests record it: every word can be told from its sequence number.
inline void begin(FlightRecorder& recorder, uint32_t n) {
  recorder.begin(uint64_t{n} << 32 | n, uint64_t{n} * 3);
}
inline bool is_as_recorded(const FlightOperation& operation) {
  const uint64_t n = operation.sequence();
  return operation.low == (n << 32 | n) && operation.high == n * 3;
}

// The memory of a recorder, to break it.
class Memory {
 public:
  explicit Memory(const FlightRecorder& recorder)
      : bytes_(mmap(nullptr, kFlightBytes, PROT_READ | PROT_WRITE, MAP_SHARED, recorder.fd(), 0)) {}
  ~Memory() { munmap(bytes_, kFlightBytes); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  FlightHeader& header() { return *static_cast<FlightHeader*>(bytes_); }
  FlightIdentity& identity() { return *static_cast<FlightIdentity*>(at(sizeof(FlightHeader))); }
  FlightEntry& entry(size_t index) { return static_cast<FlightEntry*>(at(kFlightEntriesOffset))[index]; }

 private:
  void* at(size_t offset) { return static_cast<std::byte*>(bytes_) + offset; }
  void* bytes_;
};

}  // namespace weft::test
