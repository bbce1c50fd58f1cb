// A network inside one process, for tests: the wire between LoopTransports. It is late, slow and broken as its seed and
// LoopFaults say, and nothing in it depends on the clock: time is the number of looks, a look being one call of
// connect, progress, test, isend or irecv on any endpoint. One thread that repeats its calls sees the same events
// again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "transport/loop/loop_wire.h"
#include "transport/transport.h"

namespace weft {

// Shared by the transports and connections on it, which may be destroyed in any order. Any thread.
class LoopNetwork {
 public:
  // All connections are of one kind: mapped or message. Without faults, a mapped connection is one ring that both ends
  // see; with faults, each end has its own and `progress` carries between them.
  static std::shared_ptr<LoopNetwork> make(Reach kind, const LoopFaults& faults = {});

  Reach kind() const { return kind_; }
  const LoopFaults& faults() const { return faults_; }
  uint64_t name() const { return name_; }

 private:
  friend class LoopTransport;
  friend class LoopMessageConnection;
  LoopNetwork(Reach kind, const LoopFaults& faults);
  uint32_t add_endpoint();                                 // gives its number
  uint64_t look();                                         // moves all wires; returns the time; under mutex_
  std::shared_ptr<LoopWire> wire(const ConnectionId& id);  // made when first asked for; under mutex_

  const Reach kind_;
  const LoopFaults faults_;
  const uint64_t name_;  // unique in this process
  std::mutex mutex_;     // guards what follows, and all that the wires hold
  uint64_t looks_ = 0;
  uint32_t endpoints_ = 0;
  // shared: a message connection may outlive its wire's entry here.
  std::map<ConnectionId, std::shared_ptr<LoopWire>> wires_;
};

}  // namespace weft
