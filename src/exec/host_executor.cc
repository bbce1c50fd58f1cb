#include "exec/host_executor.h"

#include <algorithm>

#include "base/assert.h"

namespace weft {

HostExecutor::HostExecutor(Plan& plan, uint32_t slot_bytes)
    : plan_(plan), schedule_(plan.schedule()), slot_bytes_(slot_bytes), sides_(std::make_unique<Sides>()) {
  for (const Lane& lane : schedule_.lanes) {
    LaneState& state = lanes_.emplace_back(schedule_, lane);
    for (Cursor cursor = state.cursor; !cursor.at_end(); cursor.next()) ++state.moves_per_pass;
  }
}

void HostExecutor::start(const Work& work) {
  work_ = work;
  lanes_left_ = 0;
  failed_ = false;
  for (LaneState& lane : lanes_) {
    lane.cursor = Cursor(schedule_, *lane.lane);
    lane.pass = lane.slot = 0;
    lane.finished = 0;
    lane.entered = false;
    if (lane.moves_per_pass != 0) ++lanes_left_;
  }
  const uint64_t scratch_bytes = schedule_.scratch_chunks * work.layout.pass_bytes();
  if (scratch_.size() < scratch_bytes) scratch_.resize(scratch_bytes);
}

Progress HostExecutor::advance() {
  bool moved = true;
  while (moved && lanes_left_ != 0) {
    moved = false;
    for (LaneState& lane : lanes_) moved |= advance_lane(lane);
    if (failed_) [[unlikely]]
      return Progress::failed;
  }
  return lanes_left_ == 0 ? Progress::done : Progress::busy;
}

// Runs a lane until it must wait or ends; true if anything was moved.
bool HostExecutor::advance_lane(LaneState& lane) {
  bool moved = false;
  while (!lane.cursor.at_end()) {
    if (!lane.entered) enter(lane);
    while (lane.slot < lane.slots) {
      const uint64_t begin = static_cast<uint64_t>(lane.slot) * slot_bytes_;
      const uint64_t bytes = std::min<uint64_t>(slot_bytes_, lane.step_bytes - begin);
      if (!may_start(lane) || !take_slots(lane, bytes)) return moved;
      move_set(lane, begin, bytes);
      give_slots(lane, bytes);
      if (trace_ != nullptr) [[unlikely]] {
        (*trace_)[static_cast<size_t>(&lane - lanes_.data())].push_back(
            {lane.pass, lane.cursor.index(), lane.slot, bytes});
      }
      ++lane.slot;
      moved = true;
    }
    if (lane.slots == 0 && !may_start(lane)) return moved;  // A step without slots keeps its place in the order.
    leave(lane);
    moved = true;
  }
  return moved;
}

// A set is cut into slots across its chunks; both ends of a connection derive the same sizes from the layout.
void HostExecutor::enter(LaneState& lane) {
  lane.step_bytes = 0;
  for (uint32_t t = 0; t < lane.cursor.step().count; ++t) lane.step_bytes += piece_of(lane, t).bytes;
  lane.slots = static_cast<uint32_t>((lane.step_bytes + slot_bytes_ - 1) / slot_bytes_);
  lane.slot = 0;
  lane.entered = true;
}

void HostExecutor::leave(LaneState& lane) {
  ++lane.finished;
  lane.entered = false;
  lane.cursor.next();
  if (!lane.cursor.at_end()) return;
  if (++lane.pass < work_.layout.passes()) {
    lane.cursor = Cursor(schedule_, *lane.lane);
  } else {
    --lanes_left_;
  }
}

bool HostExecutor::may_start(const LaneState& lane) const {
  const Step& step = lane.cursor.step();
  if (step.wait == Wait::none) return true;
  const LaneState& other = lanes_[step.wait_lane];
  if (step.wait == Wait::back) {
    return lane.pass == 0 || other.finished > (lane.pass - uint64_t{1}) * other.moves_per_pass + step.wait_step;
  }
  const uint64_t awaited = static_cast<uint64_t>(lane.pass) * other.moves_per_pass + step.wait_step;
  if (other.finished > awaited) return true;
  return step.wait == Wait::slot && other.finished == awaited && other.entered && other.slot > lane.slot;
}

// Every recv port must have its slot and every send port a free one; what arrived must belong to this operation.
bool HostExecutor::take_slots(const LaneState& lane, uint64_t bytes) {
  const Step& step = lane.cursor.step();
  const uint32_t recv_first = first_port(lane, step.recv_first);
  for (uint32_t i = 0; i < step.recv_count; ++i) {
    RecvEnd* const end = plan_.recvs()[recv_first + i];
    Slot* const slot = end == nullptr ? nullptr : end->ring.try_peek();
    if (slot == nullptr) return false;
    if (slot->bytes != bytes || slot->fingerprint != work_.fingerprint) [[unlikely]] {
      refused_ = {schedule_.ports[recv_first + i].peer, slot->fingerprint, slot->bytes, bytes};
      failed_ = true;
      return false;
    }
    sides_->slots_in[i] = slot;
  }
  const uint32_t send_first = first_port(lane, step.send_first);
  for (uint32_t i = 0; i < step.send_count; ++i) {
    SendEnd* const end = plan_.sends()[send_first + i];
    if (end == nullptr) return false;
    Slot* const slot = bytes < StoreChoice::kLeastBytes ? end->ring.try_acquire() : end->stores.acquire(end->ring);
    if (slot == nullptr) return false;
    sides_->slots_out[i] = slot;
  }
  return true;
}

// Bytes [begin, begin + slot_bytes) of the set: one fold for each chunk that they touch.
void HostExecutor::move_set(const LaneState& lane, uint64_t begin, uint64_t slot_bytes) {
  const Step& step = lane.cursor.step();
  uint64_t chunk_begin = 0, moved = 0;
  for (uint32_t t = 0; moved < slot_bytes; ++t) {
    const uint64_t chunk_end = chunk_begin + piece_of(lane, t).bytes;
    if (chunk_end > begin + moved) {
      const uint64_t within = begin + moved - chunk_begin;
      const uint64_t bytes = std::min(chunk_end - chunk_begin - within, slot_bytes - moved);
      std::byte* const source =
          step.source.buffer == Buffer::none ? nullptr : address_of(lane, step.source, t) + within;
      std::byte* const target =
          step.target.buffer == Buffer::none ? nullptr : address_of(lane, step.target, t) + within;
      fold_piece(lane, source, target, moved, slot_bytes, bytes);
      moved += bytes;
    }
    chunk_begin = chunk_end;
  }
}

void HostExecutor::fold_piece(const LaneState& lane, std::byte* at_source, std::byte* at_target, uint64_t slot_offset,
                              uint64_t slot_bytes, uint64_t bytes) {
  const Step& step = lane.cursor.step();
  const uint32_t send_first = first_port(lane, step.send_first);
  uint32_t sources = 0, targets = 0;
  for (uint32_t i = 0; i < step.recv_count; ++i) {
    if (i == step.source_at && at_source != nullptr) sides_->sources[sources++] = at_source;
    sides_->sources[sources++] = sides_->slots_in[i]->payload(slot_bytes) + slot_offset;
  }
  if (step.source_at >= step.recv_count && at_source != nullptr) sides_->sources[sources++] = at_source;
  uint32_t streaming = 0;
  for (uint32_t i = 0; i < step.send_count; ++i) {
    const bool streams = slot_bytes >= StoreChoice::kLeastBytes && plan_.sends()[send_first + i]->stores.streams();
    if (streams && targets < 32) streaming |= uint32_t{1} << targets;
    sides_->targets[targets++] = sides_->slots_out[i]->payload(slot_bytes) + slot_offset;
  }
  const FoldOptions options{.divisor = (step.flags & kPostOp) != 0 ? work_.divisor : 1,
                            .pairwise = (step.flags & kPairwise) != 0,
                            .streaming = streaming};
  if (at_target != nullptr) sides_->targets[targets++] = at_target;
  if (targets == 1 && sources == 1 && sides_->targets[0] == sides_->sources[0] && options.divisor == 1) return;
  work_.fold({sides_->sources, sources}, {sides_->targets, targets}, bytes >> work_.element_shift, options);
}

void HostExecutor::give_slots(const LaneState& lane, uint64_t bytes) {
  const Step& step = lane.cursor.step();
  const uint32_t send_first = first_port(lane, step.send_first);
  for (uint32_t i = 0; i < step.send_count; ++i) {
    sides_->slots_out[i]->fingerprint = work_.fingerprint;
    plan_.sends()[send_first + i]->ring.publish(sides_->slots_out[i], static_cast<uint32_t>(bytes));
  }
  const uint32_t recv_first = first_port(lane, step.recv_first);
  for (uint32_t i = 0; i < step.recv_count; ++i) plan_.recvs()[recv_first + i]->ring.release();
}

// How much of element t of the set there is in this pass. Scratch chunks stand for data chunks (schedule/step.h).
Piece HostExecutor::piece_of(const LaneState& lane, uint32_t t) const {
  const Step& step = lane.cursor.step();
  const Ref& ref = step.source.buffer != Buffer::none ? step.source : step.target;
  const uint32_t chunk = chunk_at(schedule_, *lane.lane, step, ref, t, lane.cursor.trip());
  return work_.layout.piece(ref.buffer == Buffer::scratch ? chunk % schedule_.chunks : chunk, lane.pass);
}

std::byte* HostExecutor::address_of(const LaneState& lane, const Ref& ref, uint32_t t) const {
  const uint32_t chunk = chunk_at(schedule_, *lane.lane, lane.cursor.step(), ref, t, lane.cursor.trip());
  if (ref.buffer == Buffer::scratch) {
    return const_cast<std::byte*>(scratch_.data()) + chunk * work_.layout.pass_bytes();
  }
  const uint64_t offset = work_.layout.piece(chunk, lane.pass).offset;
  // The verifier proves that no step writes the input; folds take it as const.
  return (ref.buffer == Buffer::input ? const_cast<std::byte*>(work_.input) : work_.output) + offset;
}

uint32_t HostExecutor::first_port(const LaneState& lane, uint32_t first) const {
  const int64_t turned = static_cast<int64_t>(lane.cursor.step().port_stride) * lane.cursor.trip();
  return static_cast<uint32_t>(lane.lane->first_port + first + turned);
}

std::vector<uint32_t> HostExecutor::awaited_peers() {
  std::vector<uint32_t> peers;
  for (const LaneState& lane : lanes_) {
    if (lane.cursor.at_end() || !lane.entered || lane.slot >= lane.slots) continue;
    const Step& step = lane.cursor.step();
    for (uint32_t i = 0; i < step.recv_count; ++i) {
      const uint32_t port = first_port(lane, step.recv_first) + i;
      RecvEnd* const end = plan_.recvs()[port];
      if (end == nullptr || end->ring.try_peek() == nullptr) peers.push_back(schedule_.ports[port].peer);
    }
    for (uint32_t i = 0; i < step.send_count; ++i) {
      const uint32_t port = first_port(lane, step.send_first) + i;
      SendEnd* const end = plan_.sends()[port];
      if (end == nullptr || end->ring.try_acquire() == nullptr) peers.push_back(schedule_.ports[port].peer);
    }
  }
  std::sort(peers.begin(), peers.end());
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  return peers;
}

}  // namespace weft
