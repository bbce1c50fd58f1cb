// What processes tell each other on Topic::transport_shm. Both run on one machine, so a parcel's body is the struct.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>

#include "base/courier.h"
#include "transport/shm/process_memory.h"
#include "transport/transport.h"

namespace weft {

// "Here is one of my arenas": the parcel carries its memfd. The first from a process is arena 0, with its doorbell.
struct ArenaParcel {
  static constexpr uint64_t kMagic = 0x0141'4D48'5354'4557;
  uint64_t magic = kMagic;
  uint64_t bytes = 0;
  MemoryName name{};  // of the chain: the same in all parcels of a process
  uint32_t number = 0;
  uint32_t zero = 0;
};
static_assert(sizeof(ArenaParcel) == 40);

// "I, the receiver of this connection, have carved it there": `consumed` at `offset`, the slots kSlotsOffset further.
struct OfferParcel {
  static constexpr uint64_t kMagic = 0x014F'4D48'5354'4557;
  uint64_t magic = kMagic;
  uint64_t offset = 0;
  uint64_t communicator = 0;
  uint32_t epoch = 0, source = 0, target = 0;
  uint16_t stream = 0, channel = 0;
  uint32_t arena = 0;
  uint32_t slots = 0;
  uint32_t slot_bytes = 0;
  uint32_t zero = 0;

  ConnectionId id() const { return {communicator, epoch, source, target, stream, channel}; }
  ConnectionShape shape() const { return {slots, slot_bytes}; }
};
static_assert(sizeof(OfferParcel) == 56);

template <typename P>
std::span<const std::byte> body_of(const P& parcel) {
  return std::as_bytes(std::span(&parcel, 1));
}

// Refuses whatever is neither, with a text that continues "sent …".
Expected<std::variant<ArenaParcel, OfferParcel>> decode_parcel(std::span<const std::byte> body);

// The bytes of a connection: the counter's own pair of lines, then the slots.
inline constexpr uint64_t kSlotsOffset = kCarvedUnit;
constexpr uint64_t connection_bytes(const ConnectionShape& shape) {
  return kSlotsOffset + shape.slots * static_cast<uint64_t>(slot_stride(shape.slot_bytes));
}

}  // namespace weft
