// A message connection of a LoopNetwork: two queues that meet. Small messages are copied when sent; large ones lie in
// the sender's memory until the receiver's irecv takes them, and only then is their send done (decision: completion of
// sends).
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "transport/loop/loop_network.h"

namespace weft {

inline constexpr size_t kLoopQueueMax = 16;  // sends, and receives, under way on one connection

// Every function under the network's lock.
class MessageWire final : public LoopWire {
 public:
  using LoopWire::LoopWire;
  Expected<Request> isend(std::span<const std::byte> message, uint64_t now);
  Expected<Request> irecv(std::span<std::byte> memory, uint64_t now);
  Expected<std::optional<size_t>> test(Side side, Request request, uint64_t now);
  // The connection object of this side is gone, and with it the memory of its requests.
  void close(Side side);
  void move(uint64_t now) override;

 private:
  struct Outgoing {
    uint64_t id;
    std::span<const std::byte> message;  // in `copy` or in the sender's memory
    Bytes copy;
    uint64_t due;
  };
  struct Incoming {
    uint64_t id;
    std::span<std::byte> memory;
  };
  struct Done {
    size_t bytes;
    uint64_t due;
  };
  Status check_open(Side side) const;
  void deliver(const Outgoing& outgoing, const Incoming& incoming, uint64_t now);
  std::map<uint64_t, Done>& done(Side side) { return done_[static_cast<size_t>(side)]; }

  std::deque<Outgoing> outgoing_;
  std::deque<Incoming> incoming_;
  std::array<std::map<uint64_t, Done>, 2> done_;  // requests that are over, or will be when due
  std::array<bool, 2> closed_{};
  uint64_t last_id_ = 0;
  uint64_t last_due_ = 0;  // of the newest message: the next is due no earlier
  uint64_t sends_ = 0;
};

class LoopMessageConnection final : public MessageConnection {
 public:
  LoopMessageConnection(std::shared_ptr<LoopNetwork> network, std::shared_ptr<MessageWire> wire, Side side)
      : network_(std::move(network)), wire_(std::move(wire)), side_(side) {}
  ~LoopMessageConnection() override;
  Expected<Request> isend(std::span<const std::byte> message) override;
  Expected<Request> irecv(std::span<std::byte> memory) override;
  Expected<std::optional<size_t>> test(Request request) override;

 private:
  const std::shared_ptr<LoopNetwork> network_;
  const std::shared_ptr<MessageWire> wire_;
  const Side side_;
};

}  // namespace weft
