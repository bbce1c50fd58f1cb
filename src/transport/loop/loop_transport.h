// One endpoint of a LoopNetwork: a transport within one process whose connections are of either kind and can be made to
// fail. Only tests use it.
#pragma once

#include <memory>

#include "transport/loop/loop_network.h"

namespace weft {

class LoopTransport final : public Transport {
 public:
  // `doorbell` is where the ranks behind this endpoint sleep; it outlives the network's other endpoints.
  static std::unique_ptr<Transport> make(std::shared_ptr<LoopNetwork> network, Doorbell& doorbell);
  ~LoopTransport() override;

  std::string_view name() const override { return "loop"; }
  Bytes descriptor() const override;
  Reach reach(std::span<const std::byte> peer) const override;
  Expected<std::optional<Connection>> connect(std::span<const std::byte> peer, const ConnectionId& id, Side side,
                                              const ConnectionShape& shape) override;
  void release(uint64_t communicator, uint32_t epoch, uint32_t rank) override;
  Status progress() override;  // fails once a mapped connection of this endpoint is cut: nothing else could say so

 private:
  LoopTransport(std::shared_ptr<LoopNetwork> network, Doorbell& doorbell)
      : network_(std::move(network)), doorbell_(doorbell), number_(network_->add_endpoint()) {}

  const std::shared_ptr<LoopNetwork> network_;
  Doorbell& doorbell_;
  const uint32_t number_;
};

}  // namespace weft
