#include "transport/loop/loop_transport.h"

#include <cstring>

#include "transport/loop/mapped_wire.h"
#include "transport/loop/message_wire.h"
#include "transport/shape.h"

namespace weft {
namespace {

struct LoopAddress {
  uint64_t network;
  uint32_t endpoint;
  uint32_t kind;
};

}  // namespace

std::unique_ptr<Transport> LoopTransport::make(std::shared_ptr<LoopNetwork> network, Doorbell& doorbell) {
  return std::unique_ptr<Transport>(new LoopTransport(std::move(network), doorbell));
}

LoopTransport::~LoopTransport() {
  std::lock_guard lock(network_->mutex_);
  std::erase_if(network_->wires_, [&](const auto& entry) {
    const bool source_left = entry.second->leave(Side::source, number_);
    return entry.second->leave(Side::target, number_) || source_left;
  });
}

Bytes LoopTransport::descriptor() const {
  const LoopAddress address{network_->name(), number_, static_cast<uint32_t>(network_->kind())};
  Bytes bytes(sizeof address);
  std::memcpy(bytes.data(), &address, sizeof address);
  return bytes;
}

Reach LoopTransport::reach(std::span<const std::byte> peer) const {
  LoopAddress address;
  if (peer.size() != sizeof address) return Reach::none;
  std::memcpy(&address, peer.data(), sizeof address);
  return address.network == network_->name() ? network_->kind() : Reach::none;
}

Expected<std::optional<Connection>> LoopTransport::connect(std::span<const std::byte> peer, const ConnectionId& id,
                                                           Side side, const ConnectionShape& shape) {
  if (reach(peer) == Reach::none) {
    return error(Code::invalid_argument, "{}: the peer is not on this loop network", text_of(id));
  }
  WEFT_TRY(check_shape(id, shape));
  if (network_->faults().refuse_connect) {
    return error(Code::remote_error, "{} was refused", text_of(id));
  }
  std::lock_guard lock(network_->mutex_);
  const uint64_t now = network_->look();
  const std::shared_ptr<LoopWire> wire = network_->wire(id);
  WEFT_TRY(wire->join(side, number_, doorbell_, shape, now));
  if (!wire->ready(now)) return std::nullopt;
  wire->note_connected(side);
  if (network_->kind() == Reach::mapped)
    return Connection(std::static_pointer_cast<MappedWire>(wire)->connection(side));
  return Connection(
      std::make_unique<LoopMessageConnection>(network_, std::static_pointer_cast<MessageWire>(wire), side));
}

void LoopTransport::release(uint64_t communicator, uint32_t epoch, uint32_t rank) {
  std::lock_guard lock(network_->mutex_);
  std::erase_if(network_->wires_, [&](const auto& entry) {
    const auto& [id, wire] = entry;
    bool all_left = false;
    for (const Side side : {Side::source, Side::target}) {
      if (is_end_of(id, side, communicator, epoch, rank)) all_left |= wire->leave(side, number_);
    }
    return all_left;
  });
}

Status LoopTransport::progress() {
  std::lock_guard lock(network_->mutex_);
  network_->look();
  if (network_->kind() == Reach::message) return {};  // Its connections tell themselves.
  for (const auto& [id, wire] : network_->wires_) {
    if (wire->has_end_at(number_) && !wire->broken().ok()) return wire->broken().copy();
  }
  return {};
}

}  // namespace weft
