// The only place that knows what `loop` means and which chunks a step's set holds. The verifier, the executors and the
// printer all walk a lane through a Cursor.
#pragma once

#include <cstdint>

#include "base/assert.h"
#include "schedule/step.h"

namespace weft {

// Walks the moves of one lane in execution order. Loops do not nest.
class Cursor {
 public:
  Cursor(const Schedule& schedule, const Lane& lane)
      : steps_(schedule.steps.data() + lane.first_step), end_(lane.step_count) {
    enter();
  }

  bool at_end() const { return at_ == end_; }
  const Step& step() const { return steps_[at_]; }
  uint32_t trip() const { return trip_; }    // the iteration of the loop around step(); 0 outside loops
  uint32_t index() const { return index_; }  // the expanded index: how many moves of this pass came before

  void next() {
    ++index_;
    ++at_;
    if (at_ == body_end_ && ++trip_ < trips_) {
      at_ = body_begin_;
      return;
    }
    enter();
  }

 private:
  // Steps over loop headers until a move or the end; a loop of no trips is skipped with its body.
  void enter() {
    if (at_ < body_end_) return;
    trip_ = 0;
    trips_ = body_end_ = 0;
    while (at_ < end_ && steps_[at_].op == Op::loop) {
      const Step& loop = steps_[at_];
      body_begin_ = at_ + 1;
      if (loop.wait_step == 0 || loop.count == 0) {
        at_ = body_begin_ + loop.count;
        continue;
      }
      at_ = body_begin_;
      body_end_ = body_begin_ + loop.count;
      trips_ = loop.wait_step;
      WEFT_ASSERT(body_end_ <= end_ && steps_[at_].op == Op::move);
      return;
    }
  }

  const Step* steps_;
  uint32_t end_;
  uint32_t at_ = 0, index_ = 0;
  uint32_t trip_ = 0, trips_ = 0, body_begin_ = 0, body_end_ = 0;
};

// Element t of a step's set in `ref`'s buffer, in iteration `trip`: an absolute chunk number of that buffer.
inline uint32_t chunk_at(const Schedule& schedule, const Lane& lane, const Step& step, const Ref& ref, uint32_t t,
                         uint32_t trip) {
  const uint32_t size = lane.window_size != 0           ? lane.window_size
                        : ref.buffer == Buffer::scratch ? schedule.scratch_chunks
                                                        : schedule.chunks;
  if (step.table != 0) return schedule.tables[step.table - 1 + trip * step.count + t];
  int64_t at = static_cast<int64_t>(ref.chunk) + static_cast<int64_t>(ref.stride) * trip;
  if (t != 0) {
    const uint32_t run = step.run != 0 ? step.run : step.count;
    const int64_t offset = static_cast<int64_t>(t / run) * step.gap + t % run;
    at += ref.mirror ? -offset : offset;
  }
  if (at < 0 || at >= size) at = (at % size + size) % size;
  return lane.window_base + static_cast<uint32_t>(at);
}

}  // namespace weft
