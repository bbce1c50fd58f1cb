// Couriers for tests: within one process, and between two over a socket pair.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "base/courier.h"

namespace weft::test {

ProcessId process_named(uint8_t number);

// Where the couriers of one process leave parcels for each other.
class PostOffice {
 public:
  void put(const ProcessId& to, Topic topic, Parcel parcel);
  std::optional<Parcel> take(const ProcessId& by, Topic topic);

 private:
  std::mutex mutex_;
  std::map<std::pair<ProcessId, Topic>, std::deque<Parcel>> boxes_;
};

// Reaches every other courier of its post office.
class MemoryCourier final : public Courier {
 public:
  MemoryCourier(PostOffice& office, const ProcessId& self) : office_(office), self_(self) {}
  ProcessId self() const override { return self_; }
  Status send(const ProcessId& to, Topic topic, std::span<const std::byte> body, int fd) override;
  std::optional<Parcel> take(Topic topic) override { return office_.take(self_, topic); }

 private:
  PostOffice& office_;
  const ProcessId self_;
};

// Reaches itself and one peer process, which holds the other end of the socket pair.
class SocketCourier final : public Courier {
 public:
  static std::pair<OwnedFd, OwnedFd> socket_pair();
  SocketCourier(OwnedFd socket, const ProcessId& self, const ProcessId& peer)
      : socket_(std::move(socket)), self_(self), peer_(peer) {}
  ProcessId self() const override { return self_; }
  Status send(const ProcessId& to, Topic topic, std::span<const std::byte> body, int fd) override;
  std::optional<Parcel> take(Topic topic) override;

 private:
  struct Waiting {
    std::vector<std::byte> frame;  // the topic's byte, then the body
    OwnedFd fd;
  };
  Status flush();
  void receive_all();

  std::mutex mutex_;
  OwnedFd socket_;
  const ProcessId self_, peer_;
  std::deque<Waiting> waiting_;  // what the socket has not taken yet
  PostOffice arrived_;
};

}  // namespace weft::test
