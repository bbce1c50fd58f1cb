#include "transport/loop/message_wire.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "transport/shape.h"

namespace weft {

Status MessageWire::check_open(Side side) const {
  if (!broken().ok()) return broken().copy();
  const Side other = side == Side::source ? Side::target : Side::source;
  // A receiver may still take what was sent before the sender left.
  if (!closed_[static_cast<size_t>(other)] || (side == Side::target && !outgoing_.empty())) return {};
  return error(Code::remote_error, "{}: rank {} has left", text_of(id()),
               side == Side::source ? id().target : id().source);
}

Expected<Request> MessageWire::isend(std::span<const std::byte> message, uint64_t now) {
  WEFT_TRY(check_open(Side::source));
  if (outgoing_.size() == kLoopQueueMax) return Request{};
  if (faults_.send_fails_at && sends_ == *faults_.send_fails_at) {
    break_off(error(Code::system_error, "{}: the send of message {} failed", text_of(id()), sends_));
    return failure_of(broken().copy());
  }
  ++sends_;
  last_due_ = std::max(last_due_, now + draw_delay());
  Outgoing outgoing{++last_id_, message, {}, last_due_};
  if (message.size() <= kReplayBytes) {
    outgoing.copy.assign(message.begin(), message.end());
    outgoing.message = outgoing.copy;
    done(Side::source)[outgoing.id] = {message.size(), now};
  }
  outgoing_.push_back(std::move(outgoing));
  return Request{last_id_};
}

Expected<Request> MessageWire::irecv(std::span<std::byte> memory, uint64_t) {
  WEFT_TRY(check_open(Side::target));
  if (incoming_.size() == kLoopQueueMax) return Request{};
  incoming_.push_back({++last_id_, memory});
  return Request{last_id_};
}

void MessageWire::move(uint64_t now) {
  while (broken().ok() && !cut() && !outgoing_.empty() && !incoming_.empty() && outgoing_.front().due <= now) {
    deliver(outgoing_.front(), incoming_.front(), now);
    outgoing_.pop_front();
    incoming_.pop_front();
  }
}

void MessageWire::deliver(const Outgoing& outgoing, const Incoming& incoming, uint64_t now) {
  const size_t bytes = outgoing.message.size();
  if (bytes > incoming.memory.size()) {
    break_off(error(Code::mismatch, "{}: a message of {} bytes for a receive of {}", text_of(id()), bytes,
                    incoming.memory.size()));
    return;
  }
  if (bytes > 0) std::memcpy(incoming.memory.data(), outgoing.message.data(), bytes);
  done(Side::target)[incoming.id] = {bytes, now};
  if (bytes > kReplayBytes) done(Side::source)[outgoing.id] = {bytes, now + draw_completion()};
  ++carried_;
}

Expected<std::optional<size_t>> MessageWire::test(Side side, Request request, uint64_t now) {
  const auto entry = done(side).find(request.id);
  if (entry == done(side).end()) {
    WEFT_TRY(check_open(side));
    WEFT_ASSERT(request.id > 0 && request.id <= last_id_);
    return std::nullopt;
  }
  if (entry->second.due > now) return std::nullopt;
  const size_t bytes = entry->second.bytes;
  done(side).erase(entry);
  return bytes;
}

void MessageWire::close(Side side) {
  closed_[static_cast<size_t>(side)] = true;
  if (side == Side::target) incoming_.clear();
  if (side == Side::target || outgoing_.empty() || outgoing_.back().copy.size() == outgoing_.back().message.size())
    return;
  break_off(error(Code::remote_error, "{}: rank {} left before its messages were taken", text_of(id()), id().source));
}

LoopMessageConnection::~LoopMessageConnection() {
  std::lock_guard lock(network_->mutex_);
  wire_->close(side_);
}

Expected<Request> LoopMessageConnection::isend(std::span<const std::byte> message) {
  WEFT_ASSERT(side_ == Side::source);
  std::lock_guard lock(network_->mutex_);
  return wire_->isend(message, network_->look());
}

Expected<Request> LoopMessageConnection::irecv(std::span<std::byte> memory) {
  WEFT_ASSERT(side_ == Side::target);
  std::lock_guard lock(network_->mutex_);
  return wire_->irecv(memory, network_->look());
}

Expected<std::optional<size_t>> LoopMessageConnection::test(Request request) {
  std::lock_guard lock(network_->mutex_);
  return wire_->test(side_, request, network_->look());
}

}  // namespace weft
