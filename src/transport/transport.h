// What a transport is: a backend of this process that can reach some peers. Two kinds of connection, not one with
// holes:
//   mapped   after set-up plain data: slots and counters in memory that both ends have mapped; no call on the data path
//   message  an ordered stream of messages: isend, irecv, test
// One Transport per backend and process, owned by comm/endpoint. All functions may be called from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/doorbell.h"
#include "base/status.h"
#include "fifo/slot.h"

namespace weft {

using Bytes = std::vector<std::byte>;

enum class Reach : uint8_t { none, message, mapped };

// One direction of one stream between two ranks of a communicator. Both ends name it alike.
struct ConnectionId {
  uint64_t communicator = 0;
  uint32_t epoch = 0;
  uint32_t source = 0, target = 0;  // ranks
  uint16_t stream = 0, channel = 0;
  auto operator<=>(const ConnectionId&) const = default;
};

enum class Side : uint8_t { source, target };  // the sending end, the receiving end
// Whether that end belongs to this rank of this communicator and epoch.
inline bool is_end_of(const ConnectionId& id, Side side, uint64_t communicator, uint32_t epoch, uint32_t rank) {
  return id.communicator == communicator && id.epoch == epoch && (side == Side::source ? id.source : id.target) == rank;
}

// The same on both ends, from the merged configuration of the communicator.
struct ConnectionShape {
  uint32_t slots = 4;           // credits; at least 1
  uint32_t slot_bytes = 65536;  // of payload in a slot, at most; a multiple of 64
  bool operator==(const ConnectionShape&) const = default;
};

// A FIFO in the receiver's memory, seen from one end (fifo/slot.h has the bytes). Valid until the transport is
// destroyed or the connection is given back with `release`.
struct MappedConnection {
  std::byte* slots = nullptr;                 // `shape.slots` slots, slot_stride(shape.slot_bytes) apart
  std::atomic<uint64_t>* consumed = nullptr;  // how many messages the receiver has given back; in a line of its own
  Doorbell* peer_doorbell = nullptr;          // to ring after publishing (source) or giving back (target)
  ConnectionShape shape;
};

// A message in flight. Null: not accepted now (hand-shake under way, back-pressure): call again later.
struct Request {
  uint64_t id = 0;
  explicit operator bool() const { return id != 0; }
};

// An ordered stream; the source sends, the target receives; never both. One thread at a time. The memory given to isend
// or irecv must stay untouched until `test` says done. A send of more than kReplayBytes is done only when the receiver
// has taken it (its irecv was matched), not when a buffer or queue has accepted it; smaller ones are copied and done at
// once.
class MessageConnection {
 public:
  virtual ~MessageConnection() = default;
  virtual Expected<Request> isend(std::span<const std::byte> message) = 0;
  // Messages arrive in the order sent, each into the oldest pending irecv; one longer than its memory is an error.
  virtual Expected<Request> irecv(std::span<std::byte> memory) = 0;
  // The number of bytes moved once the request is done (then the request is over); nothing while it is under way.
  virtual Expected<std::optional<size_t>> test(Request request) = 0;
};
inline constexpr size_t kReplayBytes = 8192;

using Connection = std::variant<MappedConnection, std::unique_ptr<MessageConnection>>;

class Transport {
 public:
  virtual ~Transport() = default;
  virtual std::string_view name() const = 0;
  // What peers must know to reach this process; the bootstrap exchanges it.
  virtual Bytes descriptor() const = 0;
  // Symmetric: both ends answer the same for each other's descriptors.
  virtual Reach reach(std::span<const std::byte> peer) const = 0;
  // Both ends call it, each for its side, in any order; never blocks. Nothing yet: the peer has not answered, call
  // again (after `progress`). Calling again after it succeeded is an error of the caller.
  virtual Expected<std::optional<Connection>> connect(std::span<const std::byte> peer, const ConnectionId& id,
                                                      Side side, const ConnectionShape& shape) = 0;
  // Gives back what the connections of one rank of a communicator (and epoch) hold in this process, for reuse by
  // others. By then no peer may write to them any more, and they never come back: a later one has another communicator
  // or epoch.
  virtual void release(uint64_t communicator, uint32_t epoch, uint32_t rank) = 0;
  // Moves what the transport itself must move (hand-shakes, sockets).
  virtual Status progress() = 0;
};

}  // namespace weft
