#include "transport/conformance.h"

#include <sched.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "base/deadline.h"
#include "base/random.h"
#include "support/ranks.h"
#include "support/shared.h"
#include "transport/couriers.h"
#include "transport/loop/loop_transport.h"
#include "transport/must.h"
#include "transport/shm/shm_transport.h"

namespace weft::test {
namespace {

constexpr int64_t kPatienceMs = 30'000;

// Exchanges descriptors, runs the case, and stays until the other has finished too: its mappings may be in use.
Status play(int index, Transport& transport, Doorbell& doorbell, Meeting& meeting, const Case& body) {
  Party party{index, transport, doorbell, meeting, {}};
  const Bytes own = transport.descriptor();
  std::copy(own.begin(), own.end(), meeting.descriptors[index]);
  meeting.descriptor_bytes[index] = static_cast<uint32_t>(own.size());
  Status status = party.meet();
  if (status.ok()) {
    const std::byte* peer = meeting.descriptors[1 - index];
    party.peer.assign(peer, peer + meeting.descriptor_bytes[1 - index]);
    status = body(party);
  }
  if (status.ok()) status = party.meet();
  if (!status.ok()) meeting.failed = true;
  return status;
}

Status play_both_in_threads(Transport& first, Doorbell& first_doorbell, Transport& second, Doorbell& second_doorbell,
                            const Case& body) {
  Meeting meeting;
  Status others;
  std::thread other([&] { others = play(1, second, second_doorbell, meeting, body); });
  Status mine = play(0, first, first_doorbell, meeting, body);
  other.join();
  if (mine.ok() || others.ok()) return mine.ok() ? std::move(others) : std::move(mine);
  return Status(mine.code(), fmt::format("{}; the other: {}", mine.text(), others.text()));
}

}  // namespace

Status Party::until(const std::function<Expected<bool>()>& done) {
  for (const Deadline deadline = Deadline::after_ms(kPatienceMs);;) {
    WEFT_TRY(transport.progress());
    WEFT_TRY_ASSIGN(const bool is_done, done());
    if (is_done) return {};
    if (meeting.failed) return error(Code::remote_error, "party {} stops because the other failed", index);
    if (deadline.passed()) return error(Code::timeout, "party {} has waited for {} ms", index, kPatienceMs);
    sched_yield();
  }
}

Status Party::meet() {
  const uint64_t mine = meeting.arrivals[index].fetch_add(1) + 1;
  return until([&]() -> Expected<bool> { return meeting.arrivals[1 - index].load() >= mine; });
}

Expected<Connection> Party::connect(const ConnectionId& id, Side side, const ConnectionShape& shape) {
  std::optional<Connection> connection;
  WEFT_TRY(until([&]() -> Expected<bool> {
    WEFT_TRY_ASSIGN(connection, transport.connect(peer, id, side, shape));
    return connection.has_value();
  }));
  return std::move(*connection);
}

void run_shm_processes(const Backend&, const Case& body) {
  Shared<Meeting> meeting;
  std::pair<OwnedFd, OwnedFd> sockets = SocketCourier::socket_pair();
  run_processes(2, [&](int index) {
    OwnedFd& mine = index == 0 ? sockets.first : sockets.second;
    (index == 0 ? sockets.second : sockets.first).reset();
    register_doorbell_process();
    const auto self = static_cast<uint8_t>(1 + index), peer = static_cast<uint8_t>(2 - index);
    SocketCourier courier(std::move(mine), process_named(self), process_named(peer));
    const auto transport = must(ShmTransport::make(courier));
    expect_ok(play(index, *transport, ShmTransport::doorbell(), *meeting, body));
  });
}

void run_shm_threads(const Backend&, const Case& body) {
  run_processes(1, [&](int) {
    register_doorbell_process();
    PostOffice office;
    MemoryCourier courier(office, process_named(1));
    const auto transport = must(ShmTransport::make(courier));
    Doorbell& doorbell = ShmTransport::doorbell();
    expect_ok(play_both_in_threads(*transport, doorbell, *transport, doorbell, body));
  });
}

void run_loop(const Backend& backend, const Case& body) {
  run_processes(1, [&](int) {
    register_doorbell_process();
    Doorbell doorbells[2];
    const auto network = LoopNetwork::make(backend.kind, backend.faults);
    const auto first = LoopTransport::make(network, doorbells[0]);
    const auto second = LoopTransport::make(network, doorbells[1]);
    expect_ok(play_both_in_threads(*first, doorbells[0], *second, doorbells[1], body));
  });
}

RingPlace place_of(const MappedConnection& connection) {
  return {connection.slots, connection.consumed, connection.peer_doorbell, connection.shape.slots,
          connection.shape.slot_bytes};
}

Stream::Stream(Party& party, Connection connection, Side side) : party_(&party) {
  if (auto* messages = std::get_if<std::unique_ptr<MessageConnection>>(&connection)) {
    messages_ = std::move(*messages);
    return;
  }
  const RingPlace place = place_of(std::get<MappedConnection>(connection));
  if (side == Side::source) {
    writer_.emplace(place);
  } else {
    reader_.emplace(place);
  }
}

Expected<Stream> Stream::open(Party& party, const ConnectionId& id, Side side, const ConnectionShape& shape) {
  WEFT_TRY_ASSIGN(Connection connection, party.connect(id, side, shape));
  return Stream(party, std::move(connection), side);
}

Status Stream::send(std::span<const std::byte> message) {
  if (writer_) {
    Slot* slot = nullptr;
    WEFT_TRY(party_->until([&]() -> Expected<bool> { return (slot = writer_->try_acquire()) != nullptr; }));
    std::copy(message.begin(), message.end(), slot->payload(message.size()));
    slot->fingerprint = {message.size(), writer_->published()};
    writer_->publish(slot, static_cast<uint32_t>(message.size()));
    return {};
  }
  Request request;
  WEFT_TRY(party_->until([&]() -> Expected<bool> {
    WEFT_TRY_ASSIGN(request, messages_->isend(message));
    return static_cast<bool>(request);
  }));
  return party_->until([&]() -> Expected<bool> {
    WEFT_TRY_ASSIGN(const auto moved, messages_->test(request));
    REQUIRE(!moved || *moved == message.size());
    return moved.has_value();
  });
}

Expected<Bytes> Stream::recv(size_t bytes_most) {
  if (reader_) {
    Slot* slot = nullptr;
    WEFT_TRY(party_->until([&]() -> Expected<bool> { return (slot = reader_->try_peek()) != nullptr; }));
    const uint32_t bytes = slot->bytes;
    REQUIRE(bytes <= bytes_most);
    REQUIRE((slot->fingerprint == Fingerprint{bytes, reader_->taken()}));
    Bytes message(slot->payload(bytes), slot->payload(bytes) + bytes);
    reader_->release();
    return message;
  }
  Bytes message(bytes_most);
  Request request;
  WEFT_TRY(party_->until([&]() -> Expected<bool> {
    WEFT_TRY_ASSIGN(request, messages_->irecv(message));
    return static_cast<bool>(request);
  }));
  WEFT_TRY(party_->until([&]() -> Expected<bool> {
    WEFT_TRY_ASSIGN(const auto moved, messages_->test(request));
    if (moved) message.resize(*moved);
    return moved.has_value();
  }));
  return message;
}

Status Stream::expect_text(std::string_view text) {
  WEFT_TRY_ASSIGN(const Bytes message, recv(256));
  const std::string_view got(reinterpret_cast<const char*>(message.data()), message.size());
  if (got != text) return error(Code::internal_error, "received \"{}\" instead of \"{}\"", got, text);
  return {};
}

Bytes pattern(size_t bytes, uint64_t which) {
  Random random(which);
  Bytes content(bytes);
  for (std::byte& byte : content) byte = static_cast<std::byte>(random.next());
  return content;
}

ConnectionId connection_number(uint16_t stream, uint64_t communicator) {
  return {.communicator = communicator, .epoch = 1, .source = 0, .target = 1, .stream = stream, .channel = 0};
}

void Conformance::run(const Case& body) const {
  GetParam().run(GetParam(), body);
}

}  // namespace weft::test
