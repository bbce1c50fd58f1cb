#include "schedule/builder.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/log.h"
#include "schedule/form.h"

namespace weft {
namespace {

// The fields of Step are narrow: a generator that does not fit has a limit in the catalog that is too wide.
template <typename Narrow>
Narrow narrow(int64_t value) {
  WEFT_ASSERT(value >= std::numeric_limits<Narrow>::min() && value <= std::numeric_limits<Narrow>::max());
  return static_cast<Narrow>(value);
}

}  // namespace

Ports LaneBuilder::ports_of(std::span<const int> peers, int stream, bool sends) {
  std::vector<End> wanted;
  for (const int peer : peers) {
    wanted.push_back({{static_cast<uint32_t>(peer), narrow<uint16_t>(stream), PortKind::fifo}, sends});
  }
  const Ports found = {
      static_cast<uint32_t>(std::search(ends_.begin(), ends_.end(), wanted.begin(), wanted.end()) - ends_.begin()),
      static_cast<uint32_t>(wanted.size())};
  if (wanted.empty()) return {};
  if (found.first < ends_.size()) return found;
  for (const End& end : wanted) WEFT_ASSERT(std::find(ends_.begin(), ends_.end(), end) == ends_.end());
  ends_.insert(ends_.end(), wanted.begin(), wanted.end());
  return found;
}

Moved LaneBuilder::move(const Move& move) {
  steps_.push_back(step_of(move));
  return {number_, moves_++};
}

void LaneBuilder::loop(int64_t trips, std::initializer_list<Move> body) {
  if (trips <= 0) return;
  const uint32_t steps = narrow<uint32_t>(static_cast<int64_t>(body.size()));
  steps_.push_back({.op = Op::loop, .wait_step = narrow<uint32_t>(trips), .count = steps});
  for (const Move& move : body) steps_.push_back(step_of(move));
  moves_ += narrow<uint32_t>(trips * steps);
}

Ref LaneBuilder::ref_of(const At& at) const {
  if (at.buffer == Buffer::none) return {};
  const Schedule& schedule = builder_.schedule_;
  const int64_t size = window_size_ != 0              ? window_size_
                       : at.buffer == Buffer::scratch ? schedule.scratch_chunks
                                                      : schedule.chunks;
  WEFT_ASSERT(size > 0);
  const int64_t wrapped = (at.chunk % size + size) % size;
  return {at.buffer, static_cast<uint8_t>(at.mirror), narrow<int16_t>(at.stride), narrow<uint32_t>(wrapped)};
}

Step LaneBuilder::step_of(const Move& move) {
  Step step;
  step.flags = move.flags;
  step.source_at = narrow<uint8_t>(move.source_at);
  step.recv_count = narrow<uint8_t>(move.recv.count);
  step.send_count = narrow<uint8_t>(move.send.count);
  step.port_stride = narrow<int8_t>(move.port_stride);
  step.wait = move.wait.kind;
  step.wait_lane = narrow<uint8_t>(move.wait.moved.lane);
  step.recv_first = move.recv.count != 0 ? move.recv.first : 0;
  step.send_first = move.send.count != 0 ? move.send.first : 0;
  step.wait_step = move.wait.moved.index;
  step.count = move.count;
  step.run = move.run;
  step.gap = move.gap;
  step.source = ref_of(move.source);
  step.target = ref_of(move.target);
  if (!move.table.empty()) {
    std::vector<uint32_t>& tables = builder_.schedule_.tables;
    step.table = narrow<uint32_t>(static_cast<int64_t>(tables.size()) + 1);
    tables.insert(tables.end(), move.table.begin(), move.table.end());
  }
  return step;
}

Builder::Builder(int rank, int ranks, uint32_t chunks, uint32_t scratch_chunks) : rank_(rank), ranks_(ranks) {
  WEFT_ASSERT(rank >= 0 && rank < ranks);
  schedule_.chunks = chunks;
  schedule_.scratch_chunks = scratch_chunks;
}

LaneBuilder& Builder::lane(uint32_t window_base, uint32_t window_size) {
  return lanes_.emplace_back(LaneBuilder(*this, static_cast<uint32_t>(lanes_.size()), window_base, window_size));
}

Schedule Builder::finish(uint32_t credits) {
  schedule_.credits_needed = credits;
  for (const LaneBuilder& lane : lanes_) {
    schedule_.lanes.push_back({static_cast<uint32_t>(schedule_.steps.size()), static_cast<uint32_t>(lane.steps_.size()),
                               static_cast<uint32_t>(schedule_.ports.size()), static_cast<uint32_t>(lane.ends_.size()),
                               lane.window_base_, lane.window_size_});
    schedule_.steps.insert(schedule_.steps.end(), lane.steps_.begin(), lane.steps_.end());
    for (const LaneBuilder::End& end : lane.ends_) schedule_.ports.push_back(end.port);
  }
  const Status form = check_form(schedule_, static_cast<uint32_t>(rank_), static_cast<uint32_t>(ranks_));
  if (!form.ok()) log(LogLevel::error, "schedule", "rank {} of {}: {}", rank_, ranks_, form.text());
  WEFT_ASSERT(form.ok());
  return std::move(schedule_);
}

}  // namespace weft
