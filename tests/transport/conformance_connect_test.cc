// Connecting, releasing and what must not work.
#include <algorithm>
#include <fstream>
#include <numeric>

#include "base/random.h"
#include "transport/conformance.h"

namespace weft::test {
namespace {

constexpr ConnectionShape kShape{.slots = 2, .slot_bytes = 64};

// Of memory files: a sanitizer adds mappings of its own whenever it likes.
size_t count_shared_mappings() {
  std::ifstream maps("/proc/self/maps");
  size_t count = 0;
  for (std::string line; std::getline(maps, line);) count += line.find("memfd:") != std::string::npos;
  return count;
}

// Asks for all connections again and again, in an order of its own, until all are there.
Status connect_all(Party& party, const std::vector<ConnectionId>& ids, std::vector<std::optional<Stream>>& streams) {
  std::vector<size_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0);
  Random random(static_cast<uint64_t>(party.index) + 17);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  streams.resize(ids.size());
  return party.until([&]() -> Expected<bool> {
    bool all = true;
    for (const size_t i : order) {
      if (streams[i]) continue;
      const Side side = ids[i].source == static_cast<uint32_t>(party.index) ? Side::source : Side::target;
      WEFT_TRY_ASSIGN(auto connection, party.transport.connect(party.peer, ids[i], side, kShape));
      if (connection) streams[i].emplace(Stream(party, std::move(*connection), side));
      all = all && streams[i];
    }
    return all;
  });
}

// Every connection carries a message that names it.
Status exchange_names(Party& party, const std::vector<ConnectionId>& ids, std::vector<std::optional<Stream>>& streams) {
  const auto name = [](const ConnectionId& id) {
    return fmt::format("{}.{}.{}.{}.{}.{}", id.communicator, id.epoch, id.source, id.target, id.stream, id.channel);
  };
  for (const bool sending : {true, false}) {
    for (size_t i = 0; i < ids.size(); ++i) {
      if ((ids[i].source == static_cast<uint32_t>(party.index)) != sending) continue;
      WEFT_TRY(sending ? streams[i]->send_text(name(ids[i])) : streams[i]->expect_text(name(ids[i])));
    }
  }
  return {};
}

// connections that differ in one field of their id each, both ways, asked for in different orders on both sides
// expect: all connect, and each message comes out where its id says
TEST_P(Conformance, many_in_any_order) {
  run([](Party& party) -> Status {
    std::vector<ConnectionId> ids;
    for (const uint64_t communicator : {1, 2}) {
      for (const uint32_t epoch : {1, 2}) {
        for (const uint32_t source : {0, 1}) {
          for (const uint16_t stream : {0, 1, 2}) {
            for (const uint16_t channel : {0, 1})
              ids.push_back({communicator, epoch, source, 1 - source, stream, channel});
          }
        }
      }
    }
    std::vector<std::optional<Stream>> streams;
    WEFT_TRY(connect_all(party, ids, streams));
    return exchange_names(party, ids, streams);
  });
}

// 1,000 connections
// expect: all work, and this process maps at most two memory files more
TEST_P(Conformance, a_thousand_connections) {
  run([](Party& party) -> Status {
    std::vector<ConnectionId> ids;
    for (uint16_t i = 0; i < 1000; ++i) ids.push_back({1, 1, i % 2u, 1 - i % 2u, i, 0});
    const size_t before = count_shared_mappings();
    std::vector<std::optional<Stream>> streams;
    WEFT_TRY(connect_all(party, ids, streams));
    REQUIRE(count_shared_mappings() <= before + 2);
    return exchange_names(party, ids, streams);
  });
}

// one side asks 50 times before the other asks at all, for each side
// expect: no error, and it works once both have asked
TEST_P(Conformance, connect_before_the_peer) {
  run([](Party& party) -> Status {
    for (const int early : {0, 1}) {
      const ConnectionId id = connection_number(static_cast<uint16_t>(early));
      std::optional<Connection> connection;
      for (int i = 0; i < 50 && party.index == early && !connection; ++i) {
        WEFT_TRY(party.transport.progress());
        WEFT_TRY_ASSIGN(connection, party.transport.connect(party.peer, id, side_of(party), kShape));
      }
      WEFT_TRY(party.meet());
      if (!connection) {
        WEFT_TRY_ASSIGN(connection, party.connect(id, side_of(party), kShape));
      }
      Stream stream(party, std::move(*connection), side_of(party));
      WEFT_TRY(party.is_first() ? stream.send_text("hello") : stream.expect_text("hello"));
    }
    return {};
  });
}

// a communicator is released and the next one made, 100 times; the data of the one before still lies in the memory
// expect: each works, and the mappings do not grow after the first
TEST_P(Conformance, release_and_reuse) {
  run([](Party& party) -> Status {
    size_t mappings = 0;
    for (uint64_t communicator = 1; communicator <= 100; ++communicator) {
      {
        const ConnectionShape shape{static_cast<uint32_t>(1 + communicator % 3), 65536};
        WEFT_TRY_ASSIGN(Stream stream, Stream::open(party, connection_number(0, communicator), side_of(party), shape));
        if (!party.is_first() && stream.is_mapped()) REQUIRE(stream.reader().try_peek() == nullptr);
        WEFT_TRY(party.meet());
        for (uint32_t i = 0; i <= communicator % 5; ++i) {
          const std::string text = fmt::format("{} of {}", i, communicator);
          WEFT_TRY(party.is_first() ? stream.send_text(text) : stream.expect_text(text));
        }
        WEFT_TRY(party.meet());
      }
      party.transport.release(communicator, 1, party.is_first() ? 0 : 1);
      WEFT_TRY(party.meet());
      if (communicator == 5) mappings = count_shared_mappings();
    }
    REQUIRE(count_shared_mappings() <= mappings);
    return {};
  });
}

// the ends ask for different slots
// expect: an error at the sender that names both shapes
TEST_P(Conformance, different_shapes) {
  run([](Party& party) -> Status {
    const ConnectionShape shape = party.is_first() ? ConnectionShape{4, 4096} : ConnectionShape{8, 1024};
    Expected<std::optional<Connection>> connected;
    WEFT_TRY(party.until([&]() -> Expected<bool> {
      connected = party.transport.connect(party.peer, connection_number(0), side_of(party), shape);
      if (!connected) party.meeting.note = 1;
      return party.meeting.note != 0;
    }));
    if (!party.is_first()) return {};
    WEFT_TRY(party.until([&]() -> Expected<bool> {  // If the receiver knew first.
      if (connected) connected = party.transport.connect(party.peer, connection_number(0), side_of(party), shape);
      return !connected;
    }));
    REQUIRE(connected.error().code() == Code::config);
    for (const char* word : {"4 slots of 4096", "8 slots of 1024", "WEFT_SLOT_BYTES"}) {
      REQUIRE(connected.error().text().find(word) != std::string_view::npos);
    }
    return {};
  });
}

// shapes that no connection can have
// expect: invalid_argument at once
TEST_P(Conformance, impossible_shapes) {
  run([](Party& party) -> Status {
    for (const ConnectionShape shape : {ConnectionShape{0, 64}, ConnectionShape{1, 0}, ConnectionShape{1, 100}}) {
      const auto connected = party.transport.connect(party.peer, connection_number(0), side_of(party), shape);
      REQUIRE(!connected && connected.error().code() == Code::invalid_argument);
    }
    return {};
  });
}

// connect once more after it succeeded
// expect: invalid_usage, and the connection still works
TEST_P(Conformance, connect_twice) {
  run([](Party& party) -> Status {
    WEFT_TRY_ASSIGN(Stream stream, Stream::open(party, connection_number(0), side_of(party), kShape));
    const auto again = party.transport.connect(party.peer, connection_number(0), side_of(party), kShape);
    REQUIRE(!again && again.error().code() == Code::invalid_usage);
    return party.is_first() ? stream.send_text("still") : stream.expect_text("still");
  });
}

// descriptors of the peer, of nobody, cut short and empty
// expect: the peer is reached by the backend's kind, the others not, and connecting to them is invalid_argument
TEST_P(Conformance, reach) {
  const Reach kind = GetParam().kind;
  run([kind](Party& party) -> Status {
    REQUIRE(party.transport.reach(party.peer) == kind);
    const Bytes nobody(party.peer.size(), std::byte{0x5A});
    const Bytes cut_short(party.peer.begin(), party.peer.end() - 1);
    for (const Bytes& descriptor : {nobody, cut_short, Bytes()}) {
      REQUIRE(party.transport.reach(descriptor) == Reach::none);
      const auto connected = party.transport.connect(descriptor, connection_number(0), side_of(party), kShape);
      REQUIRE(!connected && connected.error().code() == Code::invalid_argument);
    }
    return {};
  });
}

}  // namespace
}  // namespace weft::test
