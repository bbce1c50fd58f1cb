// Runs a plan on host memory: one execution, resumable. `advance` moves every lane as far as it goes and never waits;
// the engine calls it from its one wait loop. Passes outside, then steps, then slots.
//
// Room before: exec/engine. Rooms after: fifo/ring (slots) and exec/host_reduce (the only loop that moves data).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "exec/host_reduce.h"
#include "exec/plan.h"
#include "fifo/fingerprint.h"
#include "schedule/expand.h"
#include "schedule/layout.h"
#include "schedule/trace.h"

namespace weft {

// What one execution works on. input and output are where chunk 0 would lie, even if this rank holds only another
// block.
struct Work {
  const std::byte* input = nullptr;
  std::byte* output = nullptr;
  Layout layout;
  uint32_t element_shift = 0;  // an element has 1 << element_shift bytes
  Fold fold = nullptr;         // never null; copies are folds of one source
  uint32_t divisor = 1;        // of kPostOp steps
  Fingerprint fingerprint;
};

// A slot that was refused: of another operation (the fingerprints differ) or of a wrong size.
struct Refused {
  uint32_t peer = 0;
  Fingerprint fingerprint;
  uint64_t bytes = 0, bytes_due = 0;
};

enum class Progress : uint8_t { done, busy, failed };

class HostExecutor {
 public:
  // `plan` outlives the executor and may still be opening: a port that is not open is busy; slot_bytes is the payload
  // of its connections' slots.
  HostExecutor(Plan& plan, uint32_t slot_bytes);
  HostExecutor(const HostExecutor&) = delete;
  HostExecutor& operator=(const HostExecutor&) = delete;

  void start(const Work& work);
  Progress advance();
  // Once advance() has answered failed: the slot that does not belong here. Nothing of it was folded.
  const Refused& refused() const { return refused_; }

  Plan& plan() { return plan_; }

  // The peers that the lanes now wait for, ascending. Only while busy; not for the path.
  std::vector<uint32_t> awaited_peers();
  const Fingerprint& operation() const { return work_.fingerprint; }
  // Appends every slot moved to the list of its lane, for tests; null: nothing is kept.
  void trace_into(std::vector<std::vector<SlotEvent>>* lanes) { trace_ = lanes; }

 private:
  struct LaneState {
    explicit LaneState(const Schedule& schedule, const Lane& its_lane) : cursor(schedule, its_lane), lane(&its_lane) {}
    Cursor cursor;
    const Lane* lane;
    uint32_t moves_per_pass = 0;
    uint32_t pass = 0;
    uint64_t finished = 0;  // moves completed, over all passes: the lane's progress word
    uint32_t slot = 0;      // of the cursor's step: the next one to move
    bool entered = false;   // the two fields below describe the cursor's step in this pass
    uint32_t slots = 0;
    uint64_t step_bytes = 0;
  };
  // One slot's memory on all sides of a step; the widest step has 255 ports and a buffer of its own.
  struct Sides {
    Slot* slots_in[255];
    Slot* slots_out[255];
    const std::byte* sources[256];
    std::byte* targets[256];
  };

  bool advance_lane(LaneState& lane);
  void enter(LaneState& lane);
  void leave(LaneState& lane);
  bool may_start(const LaneState& lane) const;
  bool take_slots(const LaneState& lane, uint64_t bytes);
  void fold_piece(const LaneState& lane, std::byte* at_source, std::byte* at_target, uint64_t slot_offset,
                  uint64_t slot_bytes, uint64_t bytes);
  void move_set(const LaneState& lane, uint64_t begin, uint64_t slot_bytes);
  void give_slots(const LaneState& lane, uint64_t bytes);
  Piece piece_of(const LaneState& lane, uint32_t t) const;
  std::byte* address_of(const LaneState& lane, const Ref& ref, uint32_t t) const;
  uint32_t first_port(const LaneState& lane, uint32_t first) const;

  Plan& plan_;
  const Schedule& schedule_;
  const uint32_t slot_bytes_;
  Work work_;
  std::vector<LaneState> lanes_;
  uint32_t lanes_left_ = 0;
  std::unique_ptr<Sides> sides_;
  std::vector<std::byte> scratch_;
  bool failed_ = false;
  Refused refused_;
  std::vector<std::vector<SlotEvent>>* trace_ = nullptr;
};

}  // namespace weft
