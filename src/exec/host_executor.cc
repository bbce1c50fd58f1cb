#include "exec/host_executor.h"

#include <algorithm>

#include "base/assert.h"

namespace weft {

HostExecutor::HostExecutor(Plan& plan, uint32_t slot_bytes)
    : plan_(plan), slot_bytes_(slot_bytes), sides_(std::make_unique<Sides>()) {
  for (size_t i = 0; i < plan.schedule().lanes.size(); ++i) lanes_.push_back({.moves = plan.moves(i), .number = i});
}

void HostExecutor::start(const Work& work) {
  work_ = work;
  failed_ = false;
  buffers_ = {nullptr, const_cast<std::byte*>(work.input), work.output, nullptr};
  if (plan_.schedule().scratch_chunks != 0) reserve_scratch();
  for (LaneState& lane : lanes_) {
    lane.pass = lane.at = 0;
    if (!lane.ended()) enter(lane);
  }
}

void HostExecutor::reserve_scratch() {
  const size_t bytes = plan_.schedule().scratch_chunks * work_.layout.pass_bytes();
  if (scratch_.size() < bytes) scratch_.resize(bytes);
  buffers_[static_cast<size_t>(Buffer::scratch)] = scratch_.data();
}

Progress HostExecutor::advance() {
  for (;;) {
    bool moved = false, ended = true;
    for (LaneState& lane : lanes_) {
      while (!lane.ended() && move_slot(lane)) moved = true;
      ended = ended && lane.ended();
    }
    if (ended) return Progress::done;
    if (!moved) return failed_ ? Progress::failed : Progress::busy;
  }
}

// False: the lane must wait. A move without bytes in this pass uses no slots but keeps its place in the order.
bool HostExecutor::move_slot(LaneState& lane) {
  const Move& move = lane.moves[lane.at];
  if (move.step->wait != Wait::none && !may_start(*move.step, lane, lanes_[move.step->wait_lane])) return false;
  if (lane.in_move.left != 0) {
    const uint64_t bytes = std::min<uint64_t>(slot_bytes_, lane.in_move.left);
    if (!take_slots(move, bytes)) return false;
    fold_slot(lane, bytes);
    give_slots(move, bytes);
    if (trace_ != nullptr) (*trace_)[lane.number].push_back({lane.pass, lane.at, lane.in_move.slot, bytes});
    ++lane.in_move.slot;
  }
  if (lane.in_move.left == 0) step_on(lane);
  return true;
}

// Whether `other`, the lane that the step names, is as far as `lane` must wait for. Wait::back names the pass before.
bool HostExecutor::may_start(const Step& step, const LaneState& lane, const LaneState& other) {
  const int64_t awaited = other.moves_until(int64_t{lane.pass} - (step.wait == Wait::back ? 1 : 0), step.wait_step);
  const bool there = step.wait == Wait::slot && other.done() == awaited;
  return other.done() > awaited || (there && other.in_move.slot > lane.in_move.slot);
}

// Every recv port must have its slot and every send port a free one; what arrived must belong to this operation.
bool HostExecutor::take_slots(const Move& move, uint64_t bytes) {
  for (uint32_t i = 0; i < move.step->recv_count; ++i) {
    RecvEnd* const end = plan_.recvs(move.recv_first)[i];
    Slot* const slot = end == nullptr ? nullptr : end->ring.try_peek();
    if (slot == nullptr) return false;
    if (slot->bytes != bytes || slot->fingerprint != work_.fingerprint) return refuse(move, i, *slot, bytes);
    sides_->sources[i < move.own ? i : i + 1] = slot->payload(bytes);
  }
  sides_->streaming = 0;
  for (uint32_t i = 0; i < move.step->send_count; ++i) {
    SendEnd* const end = plan_.sends(move.send_first)[i];
    Slot* const slot = end == nullptr ? nullptr : end->acquire(bytes);
    if (slot == nullptr) return false;
    if (i < 32 && end->streams(bytes)) sides_->streaming |= uint32_t{1} << i;
    slot->fingerprint = work_.fingerprint;
    sides_->slots_out[i] = slot;
    sides_->targets[i] = slot->payload(bytes);
  }
  return true;
}

bool HostExecutor::refuse(const Move& move, uint32_t recv, const Slot& slot, uint64_t bytes) {
  refused_ = {plan_.schedule().ports[move.recv_first + recv].peer, slot.fingerprint, slot.bytes, bytes};
  failed_ = true;
  return false;
}

// The next `bytes` of the set, which is cut into slots across its chunks: one fold for each chunk that they touch. Both
// ends of a connection derive the same sizes from the layout.
void HostExecutor::fold_slot(LaneState& lane, uint64_t bytes) {
  const Move& move = lane.moves[lane.at];
  const Step& step = *move.step;
  LaneState::Place& place = lane.in_move;
  const FoldOptions options{(step.flags & kPostOp) != 0 ? work_.divisor : 1, (step.flags & kPairwise) != 0,
                            sides_->streaming};
  place.left -= bytes;
  while (bytes != 0) {
    const uint32_t* const chunks = plan_.chunks(place.chunk);
    const Piece piece = work_.layout.piece(chunks[move.data], lane.pass);
    const uint64_t some = std::min(piece.bytes - place.within, bytes);
    if (move.has_source) sides_->sources[move.own] = address_of(step.source.buffer, chunks[move.sources], lane);
    if (move.has_target) sides_->targets[step.send_count] = address_of(step.target.buffer, chunks[move.targets], lane);
    const uint32_t sources = step.recv_count + move.has_source, targets = step.send_count + move.has_target;
    work_.fold({sides_->sources, sources}, {sides_->targets, targets}, some >> work_.element_shift, options);
    for (uint32_t i = 0; i < sources; ++i) sides_->sources[i] += some;
    for (uint32_t i = 0; i < targets; ++i) sides_->targets[i] += some;
    bytes -= some;
    place.within += some;
    if (place.within == piece.bytes) place = {.slot = place.slot, .chunk = place.chunk + 1, .left = place.left};
  }
}

void HostExecutor::give_slots(const Move& move, uint64_t bytes) {
  for (uint32_t i = 0; i < move.step->send_count; ++i)
    plan_.sends(move.send_first)[i]->ring.publish(sides_->slots_out[i], static_cast<uint32_t>(bytes));
  for (uint32_t i = 0; i < move.step->recv_count; ++i) plan_.recvs(move.recv_first)[i]->ring.release();
}

void HostExecutor::step_on(LaneState& lane) {
  ++lane.at;
  if (lane.ended() && lane.pass + 1 < work_.layout.passes()) ++lane.pass, lane.at = 0;
  if (!lane.ended()) enter(lane);
}

void HostExecutor::enter(LaneState& lane) {
  lane.in_move = {};
  for (const uint32_t chunk : plan_.data_of(lane.moves[lane.at]))
    lane.in_move.left += work_.layout.piece(chunk, lane.pass).bytes;
}

// Where the rest of a chunk begins in one of the buffers; scratch has room for one pass.
std::byte* HostExecutor::address_of(Buffer buffer, uint32_t chunk, const LaneState& lane) const {
  std::byte* const rest = buffers_[static_cast<size_t>(buffer)] + lane.in_move.within;
  if (buffer == Buffer::scratch) return rest + chunk * work_.layout.pass_bytes();
  return rest + work_.layout.piece(chunk, lane.pass).offset;
}

std::vector<uint32_t> HostExecutor::awaited_peers() const {
  std::vector<uint32_t> peers;
  for (const LaneState& lane : lanes_) {
    if (!lane.ended() && lane.in_move.left != 0) await_ports(lane.moves[lane.at], peers);
  }
  std::sort(peers.begin(), peers.end());
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  return peers;
}

void HostExecutor::await_ports(const Move& move, std::vector<uint32_t>& peers) const {
  const std::vector<Port>& ports = plan_.schedule().ports;
  for (uint32_t i = 0; i < move.step->recv_count; ++i) {
    RecvEnd* const end = plan_.recvs(move.recv_first)[i];
    if (end == nullptr || end->ring.try_peek() == nullptr) peers.push_back(ports[move.recv_first + i].peer);
  }
  for (uint32_t i = 0; i < move.step->send_count; ++i) {
    SendEnd* const end = plan_.sends(move.send_first)[i];
    if (end == nullptr || end->ring.try_acquire() == nullptr) peers.push_back(ports[move.send_first + i].peer);
  }
}

}  // namespace weft
