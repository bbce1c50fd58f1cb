#include "transport/loop/mapped_wire.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace weft {
namespace {

constexpr size_t kLineBytes = 64;

std::byte* allocate(const ConnectionShape& shape) {
  const size_t bytes = kLineBytes + shape.slots * slot_stride(shape.slot_bytes);
  return static_cast<std::byte*>(operator new (bytes, std::align_val_t{kLineBytes}));
}

}  // namespace

MappedWire::Ring::Ring(const ConnectionShape& shape)
    : memory(allocate(shape)),
      place{memory.get() + kLineBytes, reinterpret_cast<std::atomic<uint64_t>*>(memory.get()), nullptr, shape.slots,
            shape.slot_bytes},
      position(place.slots, shape.slots, shape.slot_bytes) {
  lay_out_ring(place.slots, place.consumed, place.slot_count, place.slot_bytes);
}

void MappedWire::Ring::Free::operator()(std::byte* allocated) const {
  ::operator delete (allocated, std::align_val_t{kLineBytes});
}

MappedConnection MappedWire::connection(Side side) {
  make_rings();
  const RingPlace& place = side == Side::source && at_source_ ? at_source_->place : at_target_->place;
  Doorbell* peer_doorbell = end(side == Side::source ? Side::target : Side::source).doorbell;
  return {place.slots, place.consumed, peer_doorbell, end(side).shape};
}

void MappedWire::make_rings() {
  if (at_target_) return;
  at_target_.emplace(end(Side::target).shape);
  if (faults_.touch_messages()) at_source_.emplace(end(Side::source).shape);
}

void MappedWire::move(uint64_t now) {
  if (!at_source_ || !broken().ok() || cut()) return;
  while (at_source_->position.slot()->sequence.load(std::memory_order_acquire) == carried_ + 1) {
    if (!due_) due_ = now + draw_delay();
    if (now < *due_) break;
    carry_message();
    if (cut()) return;
  }
  // Acquire and release hand on what SlotReader::release promises: the reads of these slots are over.
  const uint64_t consumed = at_target_->place.consumed->load(std::memory_order_acquire);
  if (consumed == given_back_) return;
  given_back_ = consumed;
  at_source_->place.consumed->store(consumed, std::memory_order_release);
  end(Side::source).doorbell->ring();
}

// There is room: the source never has more under way than slots, and `consumed` reaches it after the target has given
// back.
void MappedWire::carry_message() {
  Slot* from = at_source_->position.slot();
  Slot* to = at_target_->position.slot();
  const uint32_t bytes = std::min(from->bytes, at_source_->place.slot_bytes);
  to->bytes = from->bytes;
  to->fingerprint = from->fingerprint;
  std::memcpy(to->payload(bytes), from->payload(bytes), bytes);
  to->sequence.store(++carried_, std::memory_order_release);  // as SlotWriter::publish
  end(Side::target).doorbell->ring();
  at_source_->position.advance();
  at_target_->position.advance();
  due_.reset();
}

}  // namespace weft
