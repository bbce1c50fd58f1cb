// The protocol of a mapped connection: one writer, one reader, a ring of slots in the receiver's memory (fifo/slot.h)
// and a word `consumed` that gives slots back. After set-up nothing here calls, allocates, locks or enters the kernel.
//
// What is shared and who writes it:
//   slot (header and payload)   the writer, between try_acquire and publish; the reader only reads
//   slot->sequence              the writer; the one word that the reader polls
//   consumed                    the reader; the writer looks at it only when its own copy says that the ring is full
// Everything else (positions, counters) is private to one end, so no index or size is ever taken from memory that the
// peer can write: a peer that scribbles can spoil payloads and stop progress, never an address.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "base/assert.h"
#include "base/doorbell.h"
#include "fifo/slot.h"

namespace weft {

// Where a ring lies, as one end sees it. Plain data; both ends have the same counts and their own addresses.
struct RingPlace {
  std::byte* slots = nullptr;                 // slot_count of them, slot_stride(slot_bytes) apart, 64-byte aligned
  std::atomic<uint64_t>* consumed = nullptr;  // messages given back, from the first; in a line of its own
  Doorbell* peer_doorbell = nullptr;          // of the process at the other end
  uint32_t slot_count = 0;                    // at least 1, any number
  uint32_t slot_bytes = 0;
};

// Makes fresh (or reused) memory a ring with no message in it. The receiver does so before the sender learns of the
// ring.
inline void lay_out_ring(std::byte* slots, std::atomic<uint64_t>* consumed, uint32_t slot_count, uint32_t slot_bytes) {
  new (consumed) std::atomic<uint64_t>(0);
  for (uint32_t i = 0; i < slot_count; ++i) new (slots + i * slot_stride(slot_bytes)) Slot;
}

// Asks for a cache line in the state that a store needs. The compiler's builtin asks only to read on plain x86-64.
inline void prefetch_for_write(const void* line) {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(*static_cast<const std::byte*>(line)));
#else
  __builtin_prefetch(line, 1);
#endif
}

// Steps through the slots of a ring, without a division.
class RingPosition {
 public:
  RingPosition(std::byte* slots, uint32_t slot_count, uint32_t slot_bytes)
      : first_(slots),
        end_(slots + slot_count * slot_stride(slot_bytes)),
        at_(slots),
        stride_(slot_stride(slot_bytes)) {
    WEFT_ASSERT(slot_count > 0);
  }
  Slot* slot() const { return reinterpret_cast<Slot*>(at_); }
  void advance() { at_ = at_ + stride_ == end_ ? first_ : at_ + stride_; }

 private:
  std::byte* first_;
  std::byte* end_;
  std::byte* at_;
  size_t stride_;
};

// So many slots given back the receiver may keep to itself until it finds no message to read. Stores leave a processor
// in order, and this one waits for a line that the sender has read: made at once, it would hold up the answer that the
// receiver is about to send. So a plan can count on one credit less than there are slots.
inline constexpr uint32_t kWithheldMost = 1;

// The sending end. One thread at a time.
class SlotWriter {
 public:
  explicit SlotWriter(const RingPlace& place)
      : position_(place.slots, place.slot_count, place.slot_bytes),
        consumed_(place.consumed),
        doorbell_(place.peer_doorbell),
        slot_count_(place.slot_count) {}

  // Whether try_acquire gives a slot without looking at what the receiver has given back since.
  bool has_credit() const { return published_ - consumed_seen_ != slot_count_; }

  // The slot of the next message, to be filled; null while the receiver holds all slots. Asking again gives the same
  // slot.
  Slot* try_acquire() { return has_credit() || look_for_credit() ? position_.slot() : nullptr; }

  // Hands the slot of try_acquire over. Payload and fingerprint are written before; if with non-temporal stores, the
  // caller has fenced them (sfence), because a release store does not order those.
  void publish(Slot* slot, uint32_t bytes) {
    slot->bytes = bytes;
    // Release: payload, bytes and fingerprint are visible to whoever reads this number. Pairs with try_peek.
    slot->sequence.store(++published_, std::memory_order_release);
    doorbell_->ring();
    position_.advance();
    // The receiver does not look at the next slot yet: taking its line now, while we wait for something else, saves the
    // next message half of its way.
    if (has_credit()) {
      prefetch_for_write(position_.slot());
    } else {
      __builtin_prefetch(consumed_);  // what try_acquire will look at
    }
  }

  uint64_t published() const { return published_; }

 private:
  bool look_for_credit() {
    // Acquire pairs with the release in SlotReader::release: the receiver's reads of a slot that it has given back are
    // over before we write to that slot.
    const uint64_t consumed = consumed_->load(std::memory_order_acquire);
    // Only a count between what we saw and what we sent can be true; anything else is no credit.
    if (consumed - consumed_seen_ > published_ - consumed_seen_) return false;
    consumed_seen_ = consumed;
    return has_credit();
  }

  RingPosition position_;
  std::atomic<uint64_t>* consumed_;
  Doorbell* doorbell_;
  uint64_t published_ = 0;
  uint64_t consumed_seen_ = 0;  // the last `consumed` we looked at: at most the true one
  uint64_t slot_count_;
};

// The receiving end. One thread at a time.
class SlotReader {
 public:
  explicit SlotReader(const RingPlace& place)
      : position_(place.slots, place.slot_count, place.slot_bytes),
        consumed_(place.consumed),
        doorbell_(place.peer_doorbell) {}

  // The oldest message that has not been released; null while it is not there. The sender can write to the slot, so
  // load `bytes` once and compare it with what the schedule expects before using it: it says nothing about safe sizes.
  Slot* try_peek() {
    // Acquire pairs with the release in publish. A slot of an earlier lap holds a smaller number.
    if (position_.slot()->sequence.load(std::memory_order_acquire) == taken_ + 1) return position_.slot();
    if (announced_ != taken_) announce();
    return nullptr;
  }

  // Gives the slot of the last try_peek back to the sender, who may learn of the latest one late (kWithheldMost).
  void release() {
    if (++taken_ - announced_ > kWithheldMost) announce();
    position_.advance();
  }

  uint64_t taken() const { return taken_; }

 private:
  void announce() {
    announced_ = taken_;
    // Release: our reads of the slots are over before the sender sees this count. Pairs with look_for_credit.
    consumed_->store(taken_, std::memory_order_release);
    doorbell_->ring();
  }

  RingPosition position_;
  std::atomic<uint64_t>* consumed_;
  Doorbell* doorbell_;
  uint64_t taken_ = 0;
  uint64_t announced_ = 0;  // what `consumed` says: taken_, or one less
};

}  // namespace weft
