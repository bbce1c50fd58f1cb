// Writes schedules: what generators use. A Builder makes one rank's schedule, lane by lane; steps of different lanes
// may be added in any order. Everything that a generator can get wrong by itself (a field that overflows, an end of a
// connection in two lanes, a wait for nothing) is a bug and asserted.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <span>
#include <vector>

#include "schedule/step.h"

namespace weft {

// A chunk, as a generator says it: any integer, wrapped into the lane's window by the builder.
struct At {
  Buffer buffer = Buffer::none;
  int64_t chunk = 0;
  int stride = 0;  // chunks to advance per iteration of the loop
  bool mirror = false;
};
inline At input(int64_t chunk, int stride = 0) {
  return {Buffer::input, chunk, stride};
}
inline At output(int64_t chunk, int stride = 0) {
  return {Buffer::output, chunk, stride};
}
inline At scratch(int64_t chunk, int stride = 0) {
  return {Buffer::scratch, chunk, stride};
}

// Consecutive ports of a lane.
struct Ports {
  uint32_t first = 0, count = 0;
  Ports operator[](uint32_t i) const { return {first + i, 1}; }
};

// A move of some lane, to be waited for.
struct Moved {
  uint32_t lane = 0, index = 0;
};

// What a move waits for before it begins.
struct After {
  Wait kind = Wait::none;
  Moved moved;
};
inline After after(Moved moved) {
  return {Wait::step, moved};
}
inline After after_slot(Moved moved) {
  return {Wait::slot, moved};
}
inline After after_last_pass(Moved moved) {
  return {Wait::back, moved};
}

// A step, as a generator says it; step.h says what the fields mean.
struct Move {
  At source = {}, target = {};
  Ports recv = {}, send = {};
  int source_at = 0;
  uint32_t count = 1, run = 0;
  int gap = 0;
  std::span<const uint32_t> table = {};  // the chunks of the set, one list after another for the trips of the loop
  int port_stride = 0;
  After wait = {};
  uint8_t flags = 0;
};

class LaneBuilder {
 public:
  // The lane's end of the connections to (from) these peers, as consecutive ports. Peers that the lane already has, in
  // this order, are the same ports.
  Ports to(std::span<const int> peers, int stream = 0) { return ports_of(peers, stream, true); }
  Ports from(std::span<const int> peers, int stream = 0) { return ports_of(peers, stream, false); }
  Ports to(int peer, int stream = 0) { return to({&peer, 1}, stream); }
  Ports from(int peer, int stream = 0) { return from({&peer, 1}, stream); }

  Moved move(const Move& move);
  // Nothing is added for 0 trips or fewer.
  void loop(int64_t trips, const Move& body) { loop(trips, {body}); }
  void loop(int64_t trips, std::initializer_list<Move> body);

 private:
  friend class Builder;
  struct End {
    Port port;
    bool sends;
    bool operator==(const End&) const = default;
  };
  LaneBuilder(class Builder& builder, uint32_t number, uint32_t window_base, uint32_t window_size)
      : builder_(builder), number_(number), window_base_(window_base), window_size_(window_size) {}
  Ports ports_of(std::span<const int> peers, int stream, bool sends);
  Step step_of(const Move& move);
  Ref ref_of(const At& at) const;

  Builder& builder_;
  uint32_t number_, window_base_, window_size_;
  uint32_t moves_ = 0;
  std::vector<Step> steps_;
  std::vector<End> ends_;
};

class Builder {
 public:
  Builder(int rank, int ranks, uint32_t chunks, uint32_t scratch_chunks = 0);

  // A reference that stays valid while the builder lives. A window of size 0 is the whole of every buffer.
  LaneBuilder& lane(uint32_t window_base = 0, uint32_t window_size = 0);
  // `credits`: slots per connection that suffice when every step has at most kSlotsPerStep slots; the verifier checks
  // it.
  Schedule finish(uint32_t credits);

 private:
  friend class LaneBuilder;
  int rank_, ranks_;
  Schedule schedule_;
  std::deque<LaneBuilder> lanes_;
};

// What `credits_needed` is stated for: no step's payload is cut into more slots than this in one pass.
inline constexpr uint32_t kSlotsPerStep = 3;

}  // namespace weft
