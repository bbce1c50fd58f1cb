// The open ends of a communicator rank's connections, kept over all its operations: who may write to whom. The executor
// sees only slot rings (fifo/ring.h); behind a ring lies either the peer's memory or a pump to a message stream.
// Owned by the engine, used by the one thread that drives it.
//
// Room before: exec/engine. Room after: fifo/ring (mapped) or transport's message streams (exec/message_pump).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "exec/message_pump.h"
#include "exec/store_choice.h"
#include "fifo/ring.h"
#include "schedule/step.h"
#include "transport/transport.h"

namespace weft {

// How a peer is reached: chosen once per communicator by comm, from what both processes offer.
struct PeerRoute {
  Transport* transport = nullptr;  // null only for oneself
  Bytes descriptor;                // the peer's, for that transport
};

inline RingPlace place_of(const MappedConnection& mapped) {
  return {mapped.slots, mapped.consumed, mapped.peer_doorbell, mapped.shape.slots, mapped.shape.slot_bytes};
}

// Without a pump the ring is memory that the peer has mapped.
struct SendEnd {
  SendEnd(const MappedConnection& mapped, std::unique_ptr<SendPump> its_pump)
      : ring(place_of(mapped)), pump(std::move(its_pump)) {}
  Slot* acquire(uint64_t bytes) { return bytes < stores.kLeastBytes ? ring.try_acquire() : stores.acquire(ring); }
  bool streams(uint64_t bytes) const { return bytes >= stores.kLeastBytes && stores.streams(); }
  SlotWriter ring;
  StoreChoice stores;
  std::unique_ptr<SendPump> pump;
};
struct RecvEnd {
  RecvEnd(const MappedConnection& mapped, std::unique_ptr<RecvPump> its_pump)
      : ring(place_of(mapped)), pump(std::move(its_pump)) {}
  SlotReader ring;
  std::unique_ptr<RecvPump> pump;
};

class Ends {
 public:
  struct Identity {
    uint64_t communicator = 0;
    uint32_t epoch = 0;
    uint32_t rank = 0;
  };
  Ends(Identity self, ConnectionShape shape, std::vector<PeerRoute> routes, Doorbell& doorbell)
      : self_(self), shape_(shape), routes_(std::move(routes)), doorbell_(doorbell) {}
  // Gives the connections back, unless a peer may still write to them (`quarantine`).
  ~Ends();
  void quarantine() { quarantined_ = true; }

  // Opens what is not open yet; true when all are. Never blocks: call again until it is true or fails. Both directions
  // are opened whichever a plan needs: a peer that runs another plan by mistake then finds somebody to disagree with.
  Expected<bool> try_open(std::span<const Port> ports);

  // Open ends; null if not open.
  SendEnd* send_end(const Port& port);
  RecvEnd* recv_end(const Port& port);

  // Moves messages between rings and streams; nothing to do for mapped connections. Also lets the transports progress.
  Status pump();
  bool drained() const;  // no pump has anything left to send
  bool has_pumps() const { return !sends_.pumped.empty() || !recvs_.pumped.empty(); }

  const ConnectionShape& shape() const { return shape_; }

 private:
  void release();
  template <typename EndType>
  struct Table {
    std::map<uint64_t, std::unique_ptr<EndType>> ends;
    std::vector<EndType*> pumped;
  };
  Expected<std::optional<Connection>> connect(const Port& port, Side side);
  template <typename EndType, typename Pump>
  Expected<bool> try_open_end(Table<EndType>& table, const Port& port, Side side);
  static uint64_t key(const Port& port) { return (static_cast<uint64_t>(port.peer) << 16) | port.stream; }

  Identity self_;
  ConnectionShape shape_;
  std::vector<PeerRoute> routes_;
  Doorbell& doorbell_;
  bool quarantined_ = false;
  Table<SendEnd> sends_;
  Table<RecvEnd> recvs_;
};

}  // namespace weft
