// Happens-before among the lanes of all ranks, and the check that lanes of a rank never touch the same memory
// unordered: what makes the values of one abstract run the values of every run. Lanes are ordered by slots (what the
// sender did before it sent comes before what the receiver does after) and by waits. The return of a credit is not
// counted, so the proof holds for any number of slots.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace weft {

// A moment of a lane: everything up to its event number `events`, and what it had heard of other lanes by then.
struct Stamp {
  uint32_t lane = 0, events = 0;
  // Shared: a lane sends many slots between two that it hears from, and each may be in flight for long. Null: heard
  // nothing.
  std::shared_ptr<const std::vector<uint32_t>> heard;
};

// Vector clocks, one per lane; lanes are numbered through. Off (and free) when no rank has two lanes that share memory.
class Ordering {
 public:
  Ordering(uint32_t lanes, bool on) : on_(on), clocks_(on ? lanes : 0) {}
  bool on() const { return on_; }
  Stamp stamp(uint32_t lane, uint32_t events);
  void hear(uint32_t lane, const Stamp& stamp);
  bool knows(uint32_t lane, uint32_t other, uint32_t event) const {
    const Clock& clock = clocks_[lane];
    return other < clock.heard.size() && clock.heard[other] >= event;
  }

 private:
  struct Clock {
    std::vector<uint32_t> heard;                          // by lane: its latest event that comes before; empty: nothing
    std::shared_ptr<const std::vector<uint32_t>> frozen;  // a copy of `heard`, if it has not changed since
    std::shared_ptr<const std::vector<uint32_t>> latest;  // the last one merged: often the same again
  };
  bool on_;
  std::vector<Clock> clocks_;
};

// Who touched each cell of a rank's memory last. Events are numbered from 1.
class AccessLog {
 public:
  AccessLog(uint32_t cells, uint32_t first_lane, uint32_t lanes)
      : first_lane_(first_lane), lanes_(lanes), writers_(cells), readers_(static_cast<size_t>(cells) * lanes, 0) {}

  struct Access {
    uint32_t lane = 0, event = 0;
    bool writes = false;
  };
  // Notes the access; an earlier one that is not ordered before it, if there is one.
  std::optional<Access> read(const Ordering& ordering, uint32_t cell, uint32_t lane, uint32_t event);
  std::optional<Access> write(const Ordering& ordering, uint32_t cell, uint32_t lane, uint32_t event);

 private:
  struct Writer {
    uint32_t lane = 0, event = 0;  // event 0: never written
  };
  uint32_t first_lane_, lanes_;
  std::vector<Writer> writers_;
  std::vector<uint32_t> readers_;  // by cell and lane of the rank: the event of its last read since the last write
};

}  // namespace weft
