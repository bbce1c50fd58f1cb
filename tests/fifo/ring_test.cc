#include "fifo/ring.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "base/deadline.h"

namespace weft {
namespace {

// A ring in memory of this process, with its two ends.
struct TestRing {
  TestRing(uint32_t slot_count, uint32_t slot_bytes)
      : memory(64 + slot_count * slot_stride(slot_bytes) + 64), place{laid_out(slot_count, slot_bytes)} {}
  RingPlace laid_out(uint32_t slot_count, uint32_t slot_bytes) {
    void* first = memory.data();
    size_t space = memory.size();
    auto* aligned = static_cast<std::byte*>(std::align(64, memory.size() - 64, first, space));
    auto* consumed = reinterpret_cast<std::atomic<uint64_t>*>(aligned);
    lay_out_ring(aligned + 64, consumed, slot_count, slot_bytes);
    return {aligned + 64, consumed, &doorbell, slot_count, slot_bytes};
  }

  Doorbell doorbell;
  std::vector<std::byte> memory;
  RingPlace place;
  SlotWriter writer{place};
  SlotReader reader{place};
};

void send(SlotWriter& writer, uint64_t value) {
  Slot* slot = writer.try_acquire();
  ASSERT_NE(slot, nullptr);
  std::memcpy(slot->payload(sizeof value), &value, sizeof value);
  writer.publish(slot, sizeof value);
}

uint64_t value_in(Slot* slot) {
  uint64_t value = 0;
  std::memcpy(&value, slot->payload(sizeof value), sizeof value);
  return value;
}

// every interleaving of 6 sends and 6 receives, on rings of 1 to 4 slots
// expect: a send works exactly if a slot is free and announced, a receive exactly if a message is there; values in
// order; one slot given back is withheld, until the next or until the receiver looks and finds nothing
TEST(Ring, all_interleavings) {
  constexpr int kOperations = 12;
  for (uint32_t slots = 1; slots <= 4; ++slots) {
    for (uint32_t order = 0; order < 1u << kOperations; ++order) {
      TestRing ring(slots, 64);
      uint64_t sent = 0, received = 0, announced = 0;
      for (int i = 0; i < kOperations; ++i) {
        if ((order >> i & 1) != 0) {
          ASSERT_EQ(ring.writer.try_acquire() != nullptr, sent - announced < slots);
          if (sent - announced < slots) send(ring.writer, sent++);
        } else {
          Slot* slot = ring.reader.try_peek();
          ASSERT_EQ(slot != nullptr, sent > received);
          if (slot == nullptr) announced = received;
          if (slot == nullptr) continue;
          ASSERT_EQ(value_in(slot), received++);
          ring.reader.release();
          if (received - announced > kWithheldMost) announced = received;
        }
      }
    }
  }
}

// acquire and peek, asked several times
// expect: the same slot each time
TEST(Ring, asking_again_changes_nothing) {
  TestRing ring(3, 64);
  Slot* slot = ring.writer.try_acquire();
  EXPECT_EQ(ring.writer.try_acquire(), slot);
  send(ring.writer, 5);
  EXPECT_EQ(ring.reader.try_peek(), slot);
  EXPECT_EQ(ring.reader.try_peek(), slot);
  EXPECT_EQ(ring.writer.published(), 1u);
  EXPECT_EQ(ring.reader.taken(), 0u);
}

// slots of 0, 32 and 33 bytes of payload
// expect: up to 32 lie in the header's line, more behind it
TEST(Ring, small_payloads_are_inline) {
  TestRing ring(1, 64);
  Slot* slot = ring.writer.try_acquire();
  EXPECT_EQ(slot->payload(0), slot->inline_payload);
  EXPECT_EQ(slot->payload(kInlineBytes), slot->inline_payload);
  EXPECT_EQ(slot->payload(kInlineBytes + 1), reinterpret_cast<std::byte*>(slot) + 64);
}

// a full ring whose `consumed` word is scribbled over: ahead of what was sent, behind what was seen
// expect: no credit comes from it; a true count afterwards does give credit
TEST(Ring, impossible_counts_give_no_credit) {
  TestRing ring(2, 64);
  for (uint64_t i = 0; i < 2; ++i) send(ring.writer, i);
  for (int i = 0; i < 2; ++i) ring.reader.release();
  for (uint64_t i = 2; i < 4; ++i) send(ring.writer, i);  // sees consumed = 2
  for (const uint64_t scribble : {uint64_t{0}, uint64_t{5}, ~uint64_t{0}, uint64_t{1} << 63}) {
    ring.place.consumed->store(scribble);
    EXPECT_EQ(ring.writer.try_acquire(), nullptr) << scribble;
  }
  ring.place.consumed->store(3);
  EXPECT_NE(ring.writer.try_acquire(), nullptr);
}

// sequence numbers of another lap or of nothing in the slot that is looked at
// expect: no message
TEST(Ring, other_sequences_are_no_message) {
  TestRing ring(2, 64);
  Slot* slot = ring.reader.try_peek();
  EXPECT_EQ(slot, nullptr);
  slot = ring.writer.try_acquire();
  for (const uint64_t sequence : {uint64_t{0}, uint64_t{2}, uint64_t{3}, ~uint64_t{0}}) {
    slot->sequence.store(sequence);
    EXPECT_EQ(ring.reader.try_peek(), nullptr) << sequence;
  }
}

// memory that held a ring in use, laid out again
// expect: an empty ring
TEST(Ring, laid_out_again) {
  TestRing ring(2, 64);
  for (uint64_t i = 0; i < 2; ++i) send(ring.writer, i);
  ring.reader.release();
  lay_out_ring(ring.place.slots, ring.place.consumed, 2, 64);
  SlotWriter writer(ring.place);
  SlotReader reader(ring.place);
  EXPECT_EQ(reader.try_peek(), nullptr);
  send(writer, 7);
  ASSERT_NE(reader.try_peek(), nullptr);
  EXPECT_EQ(value_in(reader.try_peek()), 7u);
}

// a sender and a receiver in two threads, payloads inline and behind the header, rings of 1 to 3 slots
// expect: every payload whole and in order, and (under ThreadSanitizer) no race
TEST(Ring, two_threads) {
  constexpr uint64_t kMessages = 3000;
  for (uint32_t slots = 1; slots <= 3; ++slots) {
    TestRing ring(slots, 128);
    const Deadline deadline = Deadline::after_ms(30'000);
    const auto size_of = [](uint64_t i) { return static_cast<uint32_t>(i % 2 == 0 ? 32 : 128); };
    std::thread sender([&] {
      for (uint64_t i = 0; i < kMessages;) {
        Slot* slot = ring.writer.try_acquire();
        if (slot == nullptr) {
          if (deadline.passed()) return;
          sched_yield();
          continue;
        }
        std::memset(slot->payload(size_of(i)), static_cast<int>(i & 0xFF), size_of(i));
        slot->fingerprint.low = i;
        ring.writer.publish(slot, size_of(i));
        ++i;
      }
    });
    uint64_t wrong = 0, received = 0;
    while (received < kMessages && !deadline.passed()) {
      Slot* slot = ring.reader.try_peek();
      if (slot == nullptr) {
        sched_yield();
        continue;
      }
      const uint32_t bytes = size_of(received);
      wrong += slot->bytes != bytes || slot->fingerprint.low != received;
      for (uint32_t b = 0; b < bytes; ++b) wrong += slot->payload(bytes)[b] != static_cast<std::byte>(received);
      ring.reader.release();
      ++received;
    }
    sender.join();
    EXPECT_EQ(received, kMessages);
    EXPECT_EQ(wrong, 0u);
  }
}

}  // namespace
}  // namespace weft
