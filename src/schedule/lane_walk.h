// A lane on its way: pass by pass, move by move, slot by slot. It knows how a payload is cut into slots and what a slot
// waits for; what a slot costs or carries is the business of who walks (the verifier, the cost model, a trace).
//
// The payload of a move is the pieces of its chunks in this pass, one behind the other, cut into slots wherever they
// end: a slot can hold several chunks. A move whose payload is empty in this pass moves no slot and waits for nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "schedule/expand.h"
#include "schedule/layout.h"
#include "schedule/step.h"

namespace weft {

// The data chunk whose length a chunk of any buffer has.
inline uint32_t data_chunk(const Schedule& schedule, Buffer buffer, uint32_t chunk) {
  return buffer == Buffer::scratch ? chunk % schedule.chunks : chunk;
}

// Owned by one walk over one schedule, which must outlive it. Plain memory, any thread, one at a time.
class LaneWalk {
 public:
  LaneWalk(const Schedule& schedule, const Lane& lane, const Layout& layout, uint64_t slot_bytes);

  bool at_end() const { return pass_ == passes_; }
  const Step& step() const { return cursor_.step(); }
  uint32_t trip() const { return cursor_.trip(); }
  uint32_t index() const { return cursor_.index(); }  // of the move in its pass
  uint32_t pass() const { return pass_; }
  uint32_t slot() const { return slot_; }
  uint32_t slots() const { return slots_; }  // of this move in this pass; at least 1
  uint64_t payload_bytes() const { return payload_bytes_; }
  uint64_t bytes_of_slot() const;
  void finish_slot();

  uint32_t slots_finished() const { return slots_finished_; }  // of all moves so far

  // A move of any lane of this rank, counted through all passes; and one of its slots, or all of them.
  struct Goal {
    uint32_t lane;
    uint32_t move;
    std::optional<uint32_t> slot;
  };
  // What my next slot waits for.
  std::optional<Goal> goal(uint32_t moves_in_lane_waited_for) const;
  // How many slots this lane had finished when it reached the goal; nothing if it has not yet.
  std::optional<uint32_t> reached(const Goal& goal) const;
  // The move (through all passes) that the slot with this number, counted from 1, belongs to.
  uint32_t move_of_slot(uint32_t number) const;

 private:
  void settle();
  uint64_t measure() const;

  const Schedule& schedule_;
  const Lane& lane_;
  const Layout& layout_;
  uint64_t slot_bytes_;
  uint32_t passes_;
  Cursor cursor_;
  uint32_t pass_ = 0, slot_ = 0, slots_ = 0, slots_finished_ = 0;
  uint64_t payload_bytes_ = 0;
  std::vector<uint32_t> finished_before_;  // per move begun, through all passes: slots_finished_ at its begin
};

}  // namespace weft
