#include "exec/ends.h"

#include <algorithm>
#include <set>

#include "base/assert.h"
#include "base/contain.h"
#include "base/log.h"

namespace weft {

Ends::~Ends() {
  // Streams first: they may still refer to the rings' memory.
  sends_ = {};
  recvs_ = {};
  if (quarantined_) return;
  const Status released = contain([&] {
    release();
    return Status();
  });
  // What has not been given back stays taken, as after a failure.
  if (!released.ok())
    log_warn("exec", "the memory of a communicator's connections is not used again: {}", released.text());
}

void Ends::release() {
  std::set<Transport*> transports;
  for (const PeerRoute& route : routes_) {
    if (route.transport != nullptr) transports.insert(route.transport);
  }
  for (Transport* transport : transports) transport->release(self_.communicator, self_.epoch, self_.rank);
}

Expected<bool> Ends::try_open(std::span<const Port> ports) {
  bool all = true;
  for (const Port& port : ports) {
    WEFT_TRY_ASSIGN(const bool recv_open, (try_open_end<RecvEnd, RecvPump>(recvs_, port, Side::target)));
    WEFT_TRY_ASSIGN(const bool send_open, (try_open_end<SendEnd, SendPump>(sends_, port, Side::source)));
    all = all && recv_open && send_open;
  }
  return all;
}

template <typename EndType, typename Pump>
Expected<bool> Ends::try_open_end(Table<EndType>& table, const Port& port, Side side) {
  if (table.ends.contains(key(port))) return true;
  WEFT_TRY_ASSIGN(auto connection, connect(port, side));
  if (!connection) return false;
  std::unique_ptr<EndType> end;
  if (const auto* mapped = std::get_if<MappedConnection>(&*connection)) {
    end = std::make_unique<EndType>(*mapped, nullptr);
  } else {
    auto stream = std::get<std::unique_ptr<MessageConnection>>(std::move(*connection));
    auto pump = std::make_unique<Pump>(std::move(stream), shape_, doorbell_);
    const MappedConnection ring = pump->ring();
    end = std::make_unique<EndType>(ring, std::move(pump));
    table.pumped.push_back(end.get());
  }
  table.ends[key(port)] = std::move(end);
  return true;
}

Expected<std::optional<Connection>> Ends::connect(const Port& port, Side side) {
  WEFT_ASSERT(port.kind == PortKind::fifo && port.peer < routes_.size() && port.peer != self_.rank);
  const PeerRoute& route = routes_[port.peer];
  const bool sending = side == Side::source;
  const ConnectionId id{.communicator = self_.communicator,
                        .epoch = self_.epoch,
                        .source = sending ? self_.rank : port.peer,
                        .target = sending ? port.peer : self_.rank,
                        .stream = port.stream,
                        .channel = 0};
  WEFT_TRY(route.transport->progress());
  auto connection = route.transport->connect(route.descriptor, id, side, shape_);
  if (connection) return connection;
  return error(connection.error().code(), "rank {}: {}", port.peer, connection.error().text());
}

SendEnd* Ends::send_end(const Port& port) {
  const auto found = sends_.ends.find(key(port));
  return found == sends_.ends.end() ? nullptr : found->second.get();
}

RecvEnd* Ends::recv_end(const Port& port) {
  const auto found = recvs_.ends.find(key(port));
  return found == recvs_.ends.end() ? nullptr : found->second.get();
}

Status Ends::pump() {
  for (const PeerRoute& route : routes_) {
    if (route.transport != nullptr) WEFT_TRY(route.transport->progress());
  }
  for (SendEnd* end : sends_.pumped) WEFT_TRY(end->pump->progress());
  for (RecvEnd* end : recvs_.pumped) WEFT_TRY(end->pump->progress());
  return {};
}

bool Ends::drained() const {
  return std::all_of(sends_.pumped.begin(), sends_.pumped.end(), [](SendEnd* end) { return end->pump->drained(); });
}

}  // namespace weft
