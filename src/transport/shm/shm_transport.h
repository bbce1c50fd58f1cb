// Shared memory between processes of one host, and between ranks (threads) of one process: mapped connections.
// Comes from comm/endpoint (set-up only); after `connect` the data path is fifo/ring.h on plain memory, without this
// class.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "transport/shm/address.h"
#include "transport/shm/peer_process.h"
#include "transport/transport.h"

namespace weft {

class ShmTransport final : public Transport {
 public:
  // The courier outlives the transport. `host` is a parameter for tests that stand for several hosts.
  static Expected<std::unique_ptr<Transport>> make(Courier& courier,
                                                   const HostIdentity& host = HostIdentity::of_this_process());
  // Of this process: where all its ranks sleep. Only while a ShmTransport exists in it.
  static Doorbell& doorbell();
  ~ShmTransport() override;

  std::string_view name() const override { return "shm"; }
  Bytes descriptor() const override { return self_.encode(); }
  Reach reach(std::span<const std::byte> peer) const override;
  Expected<std::optional<Connection>> connect(std::span<const std::byte> peer, const ConnectionId& id, Side side,
                                              const ConnectionShape& shape) override;
  void release(uint64_t communicator, uint32_t epoch, uint32_t rank) override;
  Status progress() override;

 private:
  // One end of a connection that this process has asked for.
  struct EndKey {
    ConnectionId id;
    Side side;
    auto operator<=>(const EndKey&) const = default;
  };
  struct End {
    Carved carved;  // of a target: where its slots lie
    bool connected = false;
  };

  ShmTransport(Courier& courier, ShmAddress self, std::shared_ptr<ProcessMemory> memory)
      : courier_(courier), self_(self), memory_(std::move(memory)) {}
  bool reaches(const ShmAddress& peer) const;
  void drain_courier();
  Status send_arena(const ProcessId& to, PeerProcess& peer, uint32_t number);
  Status send_offer(const ProcessId& to, PeerProcess& peer, const OfferParcel& offer);
  Status carve_and_offer(const ProcessId& to, PeerProcess& peer, const ConnectionId& id, const ConnectionShape& shape);
  Expected<std::optional<Connection>> connect_target(const ProcessId& from, PeerProcess& peer, const ConnectionId& id,
                                                     const ConnectionShape& shape);
  Expected<std::optional<Connection>> connect_source(PeerProcess& peer, const ConnectionId& id,
                                                     const ConnectionShape& shape);

  Courier& courier_;
  const ShmAddress self_;
  const std::shared_ptr<ProcessMemory>
      memory_;        // shared with other transports of this process: ranks ring one doorbell
  std::mutex mutex_;  // guards what follows
  std::map<ProcessId, PeerProcess> peers_;
  std::map<EndKey, End> ends_;
};

}  // namespace weft
