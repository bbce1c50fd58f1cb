#include "transport/shm/shm_transport.h"

#include "base/assert.h"
#include "base/log.h"
#include "fifo/ring.h"
#include "transport/shape.h"

namespace weft {
namespace {

constexpr int kParcelsPerLook = 4096;  // so that a peer that floods us cannot hold a rank here

MappedConnection connection_at(std::byte* place, Doorbell* peer_doorbell, const ConnectionShape& shape) {
  populate(place, connection_bytes(shape));
  return {place + kSlotsOffset, reinterpret_cast<std::atomic<uint64_t>*>(place), peer_doorbell, shape};
}

}  // namespace

Expected<std::unique_ptr<Transport>> ShmTransport::make(Courier& courier, const HostIdentity& host) {
  WEFT_TRY_ASSIGN(auto memory, ProcessMemory::join());
  return std::unique_ptr<Transport>(new ShmTransport(courier, {courier.self(), host}, std::move(memory)));
}

Doorbell& ShmTransport::doorbell() {
  const auto memory = ProcessMemory::current();
  WEFT_ASSERT(memory != nullptr);
  return memory->doorbell();
}

ShmTransport::~ShmTransport() {
  for (const auto& [key, end] : ends_) {
    if (key.side == Side::target) memory_->give_back(end.carved);
  }
}

Reach ShmTransport::reach(std::span<const std::byte> peer) const {
  const auto address = ShmAddress::decode(peer);
  return address && reaches(*address) ? Reach::mapped : Reach::none;
}

bool ShmTransport::reaches(const ShmAddress& peer) const {
  return peer.process == self_.process || (self_.host.known() && peer.host == self_.host);
}

Expected<std::optional<Connection>> ShmTransport::connect(std::span<const std::byte> peer, const ConnectionId& id,
                                                          Side side, const ConnectionShape& shape) {
  WEFT_TRY_ASSIGN(const ShmAddress address, ShmAddress::decode(peer));
  if (!reaches(address)) {
    return error(Code::invalid_argument, "{}: the peer runs on another host, so it shares no memory with this one",
                 text_of(id));
  }
  WEFT_TRY(check_shape(id, shape));

  std::lock_guard lock(mutex_);
  PeerProcess& process = peers_[address.process];
  WEFT_TRY(send_arena(address.process, process, 0));  // It may wait for our doorbell.
  drain_courier();
  if (!process.refused().ok()) return failure_of(process.refused().copy());
  if (const auto end = ends_.find({id, side}); end != ends_.end() && end->second.connected) {
    return error(Code::invalid_usage, "{} is connected already", text_of(id));
  }
  return side == Side::target ? connect_target(address.process, process, id, shape)
                              : connect_source(process, id, shape);
}

Expected<std::optional<Connection>> ShmTransport::connect_target(const ProcessId& from, PeerProcess& peer,
                                                                 const ConnectionId& id, const ConnectionShape& shape) {
  if (!ends_.contains({id, Side::target})) WEFT_TRY(carve_and_offer(from, peer, id, shape));
  if (peer.doorbell() == nullptr) return std::nullopt;
  End& end = ends_.at({id, Side::target});
  end.connected = true;
  return Connection(connection_at(end.carved.address, peer.doorbell(), shape));
}

Status ShmTransport::carve_and_offer(const ProcessId& to, PeerProcess& peer, const ConnectionId& id,
                                     const ConnectionShape& shape) {
  WEFT_TRY_ASSIGN(const Carved carved, memory_->carve(connection_bytes(shape)));
  lay_out_ring(carved.address + kSlotsOffset, reinterpret_cast<std::atomic<uint64_t>*>(carved.address), shape.slots,
               shape.slot_bytes);
  OfferParcel offer;
  offer.offset = carved.offset;
  offer.communicator = id.communicator;
  offer.epoch = id.epoch;
  offer.source = id.source;
  offer.target = id.target;
  offer.stream = id.stream;
  offer.channel = id.channel;
  offer.arena = carved.arena;
  offer.slots = shape.slots;
  offer.slot_bytes = shape.slot_bytes;
  Status offered = send_arena(to, peer, carved.arena);
  if (offered.ok()) offered = send_offer(to, peer, offer);
  if (offered.ok()) {
    ends_[{id, Side::target}] = {carved, false};
  } else {
    memory_->give_back(carved);
  }
  return offered;
}

Expected<std::optional<Connection>> ShmTransport::connect_source(PeerProcess& peer, const ConnectionId& id,
                                                                 const ConnectionShape& shape) {
  const OfferParcel* offer = peer.find_offer(id);
  if (offer == nullptr || peer.doorbell() == nullptr) return std::nullopt;
  WEFT_TRY(compare_shapes(id, shape, offer->shape()));
  const MappedConnection connection = connection_at(peer.place(*offer), peer.doorbell(), shape);
  peer.erase_offer(id);
  ends_[{id, Side::source}].connected = true;
  return Connection(connection);
}

Status ShmTransport::send_arena(const ProcessId& to, PeerProcess& peer, uint32_t number) {
  if (peer.has_been_sent(number)) return {};
  const ArenaView arena = memory_->arena(number);
  if (to == self_.process) {
    peer.hold_own_arena(number, arena);
  } else {
    ArenaParcel parcel;
    parcel.bytes = arena.bytes;
    parcel.name = memory_->name();
    parcel.number = number;
    WEFT_TRY(courier_.send(to, Topic::transport_shm, body_of(parcel), arena.fd));
  }
  peer.note_sent(number);
  return {};
}

Status ShmTransport::send_offer(const ProcessId& to, PeerProcess& peer, const OfferParcel& offer) {
  if (to == self_.process) return peer.accept_offer(offer);
  return courier_.send(to, Topic::transport_shm, body_of(offer), -1);
}

void ShmTransport::release(uint64_t communicator, uint32_t epoch, uint32_t rank) {
  std::lock_guard lock(mutex_);
  drain_courier();  // Offers that have come too late go as well.
  for (auto& [id, peer] : peers_) peer.erase_offers(communicator, epoch, rank);
  std::erase_if(ends_, [&](const auto& entry) {
    const auto& [key, end] = entry;
    if (!is_end_of(key.id, key.side, communicator, epoch, rank)) return false;
    if (key.side == Side::target) memory_->give_back(end.carved);
    return true;
  });
}

Status ShmTransport::progress() {
  std::lock_guard lock(mutex_);
  drain_courier();
  return {};
}

// A peer that sends what it must not is refused; that is the affair of connections with it, not of others.
void ShmTransport::drain_courier() {
  for (int count = 0; count < kParcelsPerLook; ++count) {
    auto parcel = courier_.take(Topic::transport_shm);
    if (!parcel) return;
    const ProcessId from = parcel->from;
    PeerProcess& peer = peers_[from];
    Status accepted = peer.accept(std::move(*parcel), *memory_);
    if (accepted.ok()) continue;
    Status reason = error(Code::remote_error, "a process of this host sent {}: nothing is shared with it any more",
                          accepted.text());
    log_warn("shm", "{}", reason.text());
    peer.refuse(std::move(reason));
  }
}

}  // namespace weft
