#include "exec/plan.h"

#include "base/assert.h"
#include "schedule/expand.h"

namespace weft {

Plan::Plan(Schedule schedule)
    : schedule_(std::move(schedule)), sends_(schedule_.ports.size(), nullptr), recvs_(schedule_.ports.size(), nullptr) {
  for (const Lane& lane : schedule_.lanes) unroll(lane);
}

void Plan::unroll(const Lane& lane) {
  std::vector<Move>& moves = moves_.emplace_back();
  for (Cursor cursor(schedule_, lane); !cursor.at_end(); cursor.next()) {
    const Step& step = cursor.step();
    const bool has_source = step.source.buffer != Buffer::none, has_target = step.target.buffer != Buffer::none;
    WEFT_ASSERT(has_source || has_target);
    widest_set_ = std::max(widest_set_, step.count);
    const int64_t turned = static_cast<int64_t>(step.port_stride) * cursor.trip();
    Move move{.step = &step,
              .recv_first = static_cast<uint32_t>(lane.first_port + step.recv_first + turned),
              .send_first = static_cast<uint32_t>(lane.first_port + step.send_first + turned),
              .data = list(lane, step, has_source ? step.source : step.target, cursor.trip()),
              .sources = has_source ? list(lane, step, step.source, cursor.trip()) : 0,
              .targets = has_target ? list(lane, step, step.target, cursor.trip()) : 0,
              .has_source = has_source,
              .has_target = has_target,
              .own = has_source ? std::min(step.source_at, step.recv_count) : step.recv_count};
    // A scratch chunk holds data as long as that of the data chunk it stands for (schedule/step.h).
    for (uint32_t t = 0; t < step.count; ++t) chunks_[move.data + t] %= schedule_.chunks;
    moves.push_back(move);
  }
}

// Appends the set in one buffer to the list of chunks; gives its place there.
uint32_t Plan::list(const Lane& lane, const Step& step, const Ref& ref, uint32_t trip) {
  const auto first = static_cast<uint32_t>(chunks_.size());
  for (uint32_t t = 0; t < step.count; ++t) chunks_.push_back(chunk_at(schedule_, lane, step, ref, t, trip));
  return first;
}

void Plan::bind(Ends& ends, bool all_open) {
  WEFT_ASSERT(ends.shape().slots >= schedule_.credits_needed + kWithheldMost);
  for (size_t i = 0; i < schedule_.ports.size(); ++i) {
    sends_[i] = ends.send_end(schedule_.ports[i]);
    recvs_[i] = ends.recv_end(schedule_.ports[i]);
  }
  open_ = all_open;
}

}  // namespace weft
