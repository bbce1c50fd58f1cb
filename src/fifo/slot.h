// The bytes that both ends of a connection share. A connection is a ring of slots in the receiver's memory; a slot is
// one cache line of header and then the payload. The sender writes the payload, then the header's `sequence`, which is
// the only word the receiver polls; the receiver gives slots back by counting them in a word that the sender reads.
//
// A payload of up to kInlineBytes lies in the header's own line, so a small message crosses in one cache line.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "fifo/fingerprint.h"

namespace weft {

inline constexpr size_t kInlineBytes = 32;

struct alignas(64) Slot {
  std::atomic<uint64_t> sequence{0};  // n: holds the n-th message of the connection (from 1); published with release
  uint32_t bytes = 0;                 // of payload
  uint32_t reserved = 0;
  Fingerprint fingerprint;  // of the operation that this message belongs to
  std::byte inline_payload[kInlineBytes];

  // Where a payload of so many bytes lies; both ends know the size from the schedule.
  std::byte* payload(size_t size) {
    return size <= kInlineBytes ? inline_payload : reinterpret_cast<std::byte*>(this + 1);
  }
};
static_assert(sizeof(Slot) == 64);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

// Bytes from one slot to the next.
constexpr size_t slot_stride(size_t slot_bytes) {
  return sizeof(Slot) + slot_bytes;
}

}  // namespace weft
