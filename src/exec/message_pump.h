// Joins a slot ring in this process's memory to a message stream, so that the executor works on rings alone. A message
// is a slot without its sequence word: header, then payload. The engine's thread drives pumps between executor rounds;
// the memory of a ring is staging, so a pump copies nothing.
#pragma once

#include <memory>
#include <vector>

#include "base/status.h"
#include "fifo/slot.h"
#include "transport/transport.h"

namespace weft {

// The ring's memory: slots and the counter of those given back.
class LocalRing {
 public:
  LocalRing(const ConnectionShape& shape, Doorbell& doorbell);
  MappedConnection mapped();  // the executor's view
  Slot& slot(uint64_t number);
  std::atomic<uint64_t>& consumed() { return consumed_; }
  const ConnectionShape& shape() const { return shape_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  ConnectionShape shape_;
  Doorbell& doorbell_;
  std::unique_ptr<std::byte, Free> memory_;
  std::atomic<uint64_t> consumed_{0};
};

// The executor writes slots; the pump sends them in order and gives each back when its send is complete.
class SendPump {
 public:
  SendPump(std::unique_ptr<MessageConnection> stream, const ConnectionShape& shape, Doorbell& doorbell);
  MappedConnection ring() { return ring_.mapped(); }
  Status progress();
  bool drained();  // nothing written waits to be sent, and every send is complete

 private:
  LocalRing ring_;
  std::unique_ptr<MessageConnection> stream_;
  std::vector<Request> requests_;  // of the slots in flight, by slot number modulo slots
  uint64_t sent_ = 0, completed_ = 0;
};

// The pump receives into free slots, several ahead, and publishes each when it is complete; the executor reads them.
class RecvPump {
 public:
  RecvPump(std::unique_ptr<MessageConnection> stream, const ConnectionShape& shape, Doorbell& doorbell);
  MappedConnection ring() { return ring_.mapped(); }
  Status progress();

 private:
  Status publish(uint64_t number, size_t arrived_bytes);
  LocalRing ring_;
  std::unique_ptr<MessageConnection> stream_;
  std::vector<Request> requests_;
  uint64_t posted_ = 0, published_ = 0;
};

}  // namespace weft
