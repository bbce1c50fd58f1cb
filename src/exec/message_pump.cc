#include "exec/message_pump.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "base/assert.h"

namespace weft {
namespace {

constexpr size_t kSequenceBytes = sizeof(uint64_t);
static_assert(offsetof(Slot, sequence) == 0);

std::byte* message_of(Slot& slot) {
  return reinterpret_cast<std::byte*>(&slot) + kSequenceBytes;
}

// Header and payload; a small payload lies in the header.
size_t message_bytes(size_t payload_bytes) {
  return sizeof(Slot) - kSequenceBytes + (payload_bytes <= kInlineBytes ? 0 : payload_bytes);
}

}  // namespace

LocalRing::LocalRing(const ConnectionShape& shape, Doorbell& doorbell) : shape_(shape), doorbell_(doorbell) {
  const size_t bytes = shape.slots * slot_stride(shape.slot_bytes);
  memory_.reset(static_cast<std::byte*>(std::aligned_alloc(alignof(Slot), bytes)));
  WEFT_ASSERT(memory_ != nullptr);
  for (uint32_t i = 0; i < shape.slots; ++i) new (memory_.get() + i * slot_stride(shape.slot_bytes)) Slot;
}

void LocalRing::Free::operator()(std::byte* memory) const {
  std::free(memory);
}

MappedConnection LocalRing::mapped() {
  return {.slots = memory_.get(), .consumed = &consumed_, .peer_doorbell = &doorbell_, .shape = shape_};
}

Slot& LocalRing::slot(uint64_t number) {
  const size_t index = number % shape_.slots;
  return *reinterpret_cast<Slot*>(memory_.get() + index * slot_stride(shape_.slot_bytes));
}

SendPump::SendPump(std::unique_ptr<MessageConnection> stream, const ConnectionShape& shape, Doorbell& doorbell)
    : ring_(shape, doorbell), stream_(std::move(stream)), requests_(shape.slots) {}

Status SendPump::progress() {
  while (sent_ - completed_ < requests_.size()) {
    Slot& slot = ring_.slot(sent_);
    if (slot.sequence.load(std::memory_order_acquire) != sent_ + 1) break;
    WEFT_TRY_ASSIGN(const Request request, stream_->isend({message_of(slot), message_bytes(slot.bytes)}));
    if (!request) break;
    requests_[sent_++ % requests_.size()] = request;
  }
  while (completed_ < sent_) {
    WEFT_TRY_ASSIGN(const auto done, stream_->test(requests_[completed_ % requests_.size()]));
    if (!done) break;
    ring_.consumed().store(++completed_, std::memory_order_release);
  }
  return {};
}

bool SendPump::drained() {
  return completed_ == sent_ && ring_.slot(sent_).sequence.load(std::memory_order_acquire) != sent_ + 1;
}

RecvPump::RecvPump(std::unique_ptr<MessageConnection> stream, const ConnectionShape& shape, Doorbell& doorbell)
    : ring_(shape, doorbell), stream_(std::move(stream)), requests_(shape.slots) {}

Status RecvPump::progress() {
  const uint64_t consumed = ring_.consumed().load(std::memory_order_acquire);
  while (posted_ - consumed < requests_.size()) {
    Slot& slot = ring_.slot(posted_);
    WEFT_TRY_ASSIGN(const Request request, stream_->irecv({message_of(slot), message_bytes(ring_.shape().slot_bytes)}));
    if (!request) break;
    requests_[posted_++ % requests_.size()] = request;
  }
  while (published_ < posted_) {
    WEFT_TRY_ASSIGN(const auto done, stream_->test(requests_[published_ % requests_.size()]));
    if (!done) break;
    WEFT_TRY(publish(published_, *done));
    ++published_;
  }
  return {};
}

// The header came from a peer: its length must fit what arrived.
Status RecvPump::publish(uint64_t number, size_t arrived_bytes) {
  Slot& slot = ring_.slot(number);
  if (arrived_bytes < message_bytes(0) || slot.bytes > ring_.shape().slot_bytes ||
      arrived_bytes != message_bytes(slot.bytes)) {
    return error(Code::remote_error, "a message of {} bytes claims a payload of {} bytes: the stream is corrupt",
                 arrived_bytes, slot.bytes);
  }
  slot.sequence.store(number + 1, std::memory_order_release);
  return {};
}

}  // namespace weft
