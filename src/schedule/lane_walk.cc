#include "schedule/lane_walk.h"

#include <algorithm>

namespace weft {

LaneWalk::LaneWalk(const Schedule& schedule, const Lane& lane, const Layout& layout, uint64_t slot_bytes)
    : schedule_(schedule),
      lane_(lane),
      layout_(layout),
      slot_bytes_(slot_bytes),
      passes_(lane.step_count == 0 ? 0 : layout.passes()),
      cursor_(schedule, lane) {
  if (!at_end()) settle();
}

uint64_t LaneWalk::bytes_of_slot() const {
  return std::min(slot_bytes_, payload_bytes_ - slot_ * slot_bytes_);
}

void LaneWalk::finish_slot() {
  ++slots_finished_;
  if (++slot_ < slots_) return;
  cursor_.next();
  settle();
}

// Goes on to the next move that has a payload, through the ends of passes.
void LaneWalk::settle() {
  while (true) {
    finished_before_.push_back(slots_finished_);
    if (cursor_.at_end()) {
      if (++pass_ == passes_) return;
      cursor_ = Cursor(schedule_, lane_);
    }
    payload_bytes_ = measure();
    slot_ = 0;
    slots_ = static_cast<uint32_t>((payload_bytes_ + slot_bytes_ - 1) / slot_bytes_);
    if (slots_ > 0) return;
    cursor_.next();
  }
}

uint64_t LaneWalk::measure() const {
  const Step& step = cursor_.step();
  const Ref& ref = step.source.buffer != Buffer::none ? step.source : step.target;
  uint64_t bytes = 0;
  for (uint32_t t = 0; t < step.count; ++t) {
    const uint32_t chunk = chunk_at(schedule_, lane_, step, ref, t, cursor_.trip());
    bytes += layout_.piece(data_chunk(schedule_, ref.buffer, chunk), pass_).bytes;
  }
  return bytes;
}

std::optional<LaneWalk::Goal> LaneWalk::goal(uint32_t moves_in_lane_waited_for) const {
  const Step& waiting = step();
  if (waiting.wait == Wait::none) return std::nullopt;
  if (waiting.wait == Wait::back && pass_ == 0) return std::nullopt;
  const uint32_t pass = waiting.wait == Wait::back ? pass_ - 1 : pass_;
  Goal goal = {waiting.wait_lane, pass * moves_in_lane_waited_for + waiting.wait_step, std::nullopt};
  if (waiting.wait == Wait::slot) goal.slot = slot_;
  return goal;
}

// `finished_before_` grows by one entry per move, so its last entry belongs to the move under way.
std::optional<uint32_t> LaneWalk::reached(const Goal& goal) const {
  const size_t begun = finished_before_.size();
  if (goal.move + 1 < begun) {
    const uint32_t end = finished_before_[goal.move + 1];
    return goal.slot ? std::min(end, finished_before_[goal.move] + *goal.slot + 1) : end;
  }
  if (goal.move + 1 == begun && goal.slot && slot_ > *goal.slot) return finished_before_[goal.move] + *goal.slot + 1;
  return std::nullopt;
}

uint32_t LaneWalk::move_of_slot(uint32_t number) const {
  const auto after = std::lower_bound(finished_before_.begin(), finished_before_.end(), number);
  return static_cast<uint32_t>(after - finished_before_.begin()) - 1;
}

}  // namespace weft
