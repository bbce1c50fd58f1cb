// Runs a plan on host memory: one execution, resumable. `advance` moves every lane as far as it goes and never waits;
// the engine calls it from its one wait loop. Passes outside, then steps, then slots.
//
// Room before: exec/engine. Rooms after: fifo/ring (slots) and exec/host_reduce (the only loop that moves data).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "exec/host_reduce.h"
#include "exec/plan.h"
#include "fifo/fingerprint.h"
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
  std::vector<uint32_t> awaited_peers() const;
  // Appends every slot moved to the list of its lane, for tests; null: nothing is kept.
  void trace_into(std::vector<std::vector<SlotEvent>>* lanes) { trace_ = lanes; }

 private:
  // Where a lane is: in which pass, at which move, and how far in that move's set.
  struct LaneState {
    std::span<const Move> moves;
    size_t number;
    uint32_t pass = 0;
    uint32_t at = 0;  // the move; behind the last one: the lane has ended
    struct Place {
      uint32_t slot = 0;    // of the move, in this pass
      uint32_t chunk = 0;   // of the move's set: where the rest begins
      uint64_t within = 0;  // and how far in that chunk's piece
      uint64_t left = 0;    // bytes of the rest
    } in_move;
    bool ended() const { return at == moves.size(); }
    int64_t moves_until(int64_t in_pass, int64_t move) const { return in_pass * std::ssize(moves) + move; }
    int64_t done() const { return moves_until(pass, at); }
  };
  // One slot's memory on all sides of a move; the widest step has 255 ports and a buffer of its own.
  struct Sides {
    Slot* slots_out[255];
    std::byte* sources[256];
    std::byte* targets[256];
    uint32_t streaming;  // FoldOptions
  };

  bool move_slot(LaneState& lane);
  static bool may_start(const Step& step, const LaneState& lane, const LaneState& other);
  bool take_slots(const Move& move, uint64_t bytes);
  bool refuse(const Move& move, uint32_t recv, const Slot& slot, uint64_t bytes);
  void fold_slot(LaneState& lane, uint64_t bytes);
  void give_slots(const Move& move, uint64_t bytes);
  void step_on(LaneState& lane);
  void enter(LaneState& lane);
  void reserve_scratch();
  std::byte* address_of(Buffer buffer, uint32_t chunk, const LaneState& lane) const;
  void await_ports(const Move& move, std::vector<uint32_t>& peers) const;

  Plan& plan_;
  const uint32_t slot_bytes_;
  Work work_;
  std::vector<LaneState> lanes_;
  std::unique_ptr<Sides> sides_;
  std::vector<std::byte> scratch_;
  std::array<std::byte*, 4> buffers_;  // by Buffer: where chunk 0 lies; no step writes the input, the verifier proves
  bool failed_ = false;
  Refused refused_;
  std::vector<std::vector<SlotEvent>>* trace_ = nullptr;
};

}  // namespace weft
