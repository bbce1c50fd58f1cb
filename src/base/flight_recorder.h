// The flight recorder of one rank of a communicator: the last operations it entered and left, in memory that another
// process can read after this one was killed. Owned by the communicator; begin and end by the thread that runs the
// operation. It is always on, so each is a handful of stores and one reading of a clock.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/flight_clock.h"
#include "base/flight_format.h"
#include "base/flight_places.h"
#include "base/status.h"

namespace weft {

// Where a rank is in the order of its operations: its latest one.
struct FlightStand {
  uint64_t low = 0, high = 0;  // its fingerprint
  bool under_way = false;
  uint64_t since_ns = 0;     // it began, or ended if it is not under way
  uint64_t finished_ns = 0;  // since the end of the latest that has ended; 0 if that is not known
};

class FlightRecorder {
 public:
  struct Owner {
    uint64_t communicator = 0, boot = 0;
    int rank = 0, ranks = 1, launched_as = -1;
    std::string host;
  };
  // In a file of `directory`, or with an empty name in a sealed memfd; either may hold the records of other ranks of
  // this process too. Only the directory can be an error: where there is no memfd to be had, it records into private
  // memory, and fd() is -1.
  static Expected<std::unique_ptr<FlightRecorder>> make(const Owner& owner, const std::string& directory);
  // Marks the record as that of a rank which left in good order. A forked child leaves it as it is.
  ~FlightRecorder();
  FlightRecorder(const FlightRecorder&) = delete;
  FlightRecorder& operator=(const FlightRecorder&) = delete;

  // An operation is entered; the words of its fingerprint.
  void begin(uint64_t low, uint64_t high) {
    if ((began_ = now()) >= anchor_due_) anchor();
    entry_ = &entries_[low % kFlightEntries];
    put(0, low), put(1, high), put(2, began_), put(3, FlightMark::under_way(low));
  }
  // It has ended; what it said last counts.
  void end(Code code) { put(3, FlightMark::ended(entry_->words[0], static_cast<uint64_t>(code), now() - began_)); }

  // The words of the fingerprints of the latest operations up to number `latest`, at most `most`, from any thread.
  std::vector<std::pair<uint64_t, uint64_t>> recent(uint32_t latest, size_t most) const;

  // The latest operation up to number `latest`, from any thread; none if it has none, or is just writing its first.
  std::optional<FlightStand> stand(uint32_t latest) const;

  int fd() const { return place_.fd(); }
  // Whether it made the file: somebody who knows a file knows all records that ever come to lie in it.
  bool made_file() const { return place_.first_of_file(); }

 private:
  explicit FlightRecorder(FlightPlace place);
  using Words = std::array<uint64_t, 4>;
  // Those of operation `sequence`; none if it is not there, or being written.
  std::optional<Words> read(uint32_t sequence) const;
  void describe(const Owner& owner, bool in_file);
  void anchor();

  uint64_t now() const { return counts_ ? processor_count() : monotonic_ns(); }
  // Release: whoever finds a word of an operation finds the words before it, so a mark that fits vouches for all.
  void put(size_t at, uint64_t value) { std::atomic_ref(entry_->words[at]).store(value, std::memory_order_release); }

  const FlightPlace place_;
  const bool counts_ = processor_count_is_steady();
  FlightEntry* const entries_;
  double ns_per_tick_ = 1;  // of this process's first half millisecond: good to a few parts in 100,000
  FlightEntry* entry_;      // of the latest operation
  uint64_t began_ = 0;
  uint64_t anchor_due_ = 0;
};

// Of a file, after the first record in it: weft-HOST-PID-COMMUNICATOR-RANK.flight
std::string flight_file_name(const std::string& host, int pid, uint64_t communicator, int rank);

}  // namespace weft
