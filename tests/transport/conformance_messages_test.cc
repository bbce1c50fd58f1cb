// Order, content and flow of messages.
#include <algorithm>
#include <cstring>

#include "base/deadline.h"
#include "transport/conformance.h"

namespace weft::test {
namespace {

constexpr ConnectionShape kShape{.slots = 3, .slot_bytes = 1024};

Status count_up(Stream& stream, uint32_t messages) {
  for (uint32_t i = 0; i < messages; ++i) WEFT_TRY(stream.send(std::as_bytes(std::span(&i, 1))));
  return {};
}

Status expect_count(Stream& stream, uint32_t messages) {
  for (uint32_t i = 0; i < messages; ++i) {
    WEFT_TRY_ASSIGN(const Bytes message, stream.recv(sizeof i));
    REQUIRE(message.size() == sizeof i && std::memcmp(message.data(), &i, sizeof i) == 0);
  }
  return {};
}

// 2,000 numbered messages through few slots
// expect: they arrive in order, none twice, none lost
TEST_P(Conformance, order) {
  run([](Party& party) -> Status {
    WEFT_TRY_ASSIGN(Stream stream, Stream::open(party, connection_number(0), side_of(party), kShape));
    return party.is_first() ? count_up(stream, 2000) : expect_count(stream, 2000);
  });
}

// sizes around every boundary, on rings of 1, 2, 3 and 5 slots, three laps each
// expect: content, size and fingerprint arrive as sent
TEST_P(Conformance, integrity_of_all_sizes) {
  run([](Party& party) -> Status {
    uint16_t number = 0;
    for (const uint32_t slots : {1, 2, 3, 5}) {
      const ConnectionShape shape{slots, 4096};
      WEFT_TRY_ASSIGN(Stream stream, Stream::open(party, connection_number(number++), side_of(party), shape));
      for (uint32_t lap = 0; lap < 3 * slots; ++lap) {
        for (const size_t bytes : {0, 1, 31, 32, 33, 63, 64, 65, 4095, 4096}) {
          const Bytes expected = pattern(bytes, lap * 10000 + bytes);
          if (party.is_first()) {
            WEFT_TRY(stream.send(expected));
          } else {
            WEFT_TRY_ASSIGN(const Bytes message, stream.recv(shape.slot_bytes));
            REQUIRE(message == expected);
          }
        }
      }
    }
    return {};
  });
}

// numbered messages both ways at once between the same two ranks
// expect: neither direction disturbs the other
TEST_P(Conformance, both_directions) {
  run([](Party& party) -> Status {
    ConnectionId out = connection_number(0), in = connection_number(0);
    if (!party.is_first()) std::swap(out.source, out.target);
    if (party.is_first()) std::swap(in.source, in.target);
    // Not one after the other: neither may need the peer to have finished connecting the other way.
    std::optional<Connection> out_end, in_end;
    WEFT_TRY(party.until([&]() -> Expected<bool> {
      if (!out_end) {
        WEFT_TRY_ASSIGN(out_end, party.transport.connect(party.peer, out, Side::source, kShape));
      }
      if (!in_end) {
        WEFT_TRY_ASSIGN(in_end, party.transport.connect(party.peer, in, Side::target, kShape));
      }
      return out_end && in_end;
    }));
    Stream sender(party, std::move(*out_end), Side::source), receiver(party, std::move(*in_end), Side::target);
    for (uint32_t i = 0; i < 500; ++i) {
      WEFT_TRY(sender.send_text(fmt::format("{} from {}", i, party.index)));
      WEFT_TRY(receiver.expect_text(fmt::format("{} from {}", i, 1 - party.index)));
    }
    return {};
  });
}

// a sender that nobody reads from, on mapped rings of 1 to 5 slots; then two slots are given back (or the only one);
// then all are read expect: exactly `slots` messages fit, as many more as came back, and none was overwritten
TEST_P(MappedConformance, back_pressure) {
  run([](Party& party) -> Status {
    for (uint32_t slots = 1; slots <= 5; ++slots) {
      const ConnectionShape shape{slots, 64};
      const uint32_t given_back = std::min(slots, 1 + kWithheldMost);
      WEFT_TRY_ASSIGN(Stream stream,
                      Stream::open(party, connection_number(static_cast<uint16_t>(slots)), side_of(party), shape));
      const auto is_full = [&]() -> Status {
        for (int look = 0; look < 50; ++look) {
          WEFT_TRY(party.transport.progress());
          REQUIRE(stream.writer().try_acquire() == nullptr);
        }
        return {};
      };
      if (party.is_first()) {
        for (uint32_t i = 0; i < slots; ++i) WEFT_TRY(stream.send_text(std::to_string(i)));
        WEFT_TRY(is_full());
        WEFT_TRY(party.meet());
        WEFT_TRY(party.meet());
        for (uint32_t i = 0; i < given_back; ++i) WEFT_TRY(stream.send_text(std::to_string(slots + i)));
        WEFT_TRY(is_full());
        WEFT_TRY(party.meet());
      } else {
        WEFT_TRY(party.meet());
        for (uint32_t i = 0; i < given_back; ++i) WEFT_TRY(stream.expect_text(std::to_string(i)));
        if (slots == given_back)
          REQUIRE(stream.reader().try_peek() == nullptr);  // Finding nothing, it withholds nothing.
        WEFT_TRY(party.meet());
        WEFT_TRY(party.meet());
        for (uint32_t i = given_back; i < slots + given_back; ++i) WEFT_TRY(stream.expect_text(std::to_string(i)));
      }
    }
    return {};
  });
}

// a sender of small messages that nobody reads from
// expect: it becomes busy instead of buffering without end, and all that was accepted arrives
TEST_P(MessageConformance, back_pressure) {
  run([](Party& party) -> Status {
    constexpr size_t kBytes = kReplayBytes;
    constexpr size_t kAcceptedMost = 16384;  // 128 MiB in flight would be no back-pressure
    WEFT_TRY_ASSIGN(Stream stream, Stream::open(party, connection_number(0), side_of(party), kShape));
    auto& accepted = party.meeting.note;
    if (party.is_first()) {
      uint64_t count = 0;
      for (; count < kAcceptedMost; ++count) {
        WEFT_TRY_ASSIGN(const Request request, stream.messages().isend(pattern(kBytes, count)));
        if (!request) break;
        WEFT_TRY(party.until([&]() -> Expected<bool> {
          WEFT_TRY_ASSIGN(const auto moved, stream.messages().test(request));
          return moved.has_value();
        }));
      }
      REQUIRE(count > 0 && count < kAcceptedMost);
      accepted = count;
      WEFT_TRY(party.meet());
      return stream.send_text("the last");
    }
    WEFT_TRY(party.meet());
    for (uint64_t i = 0; i < accepted; ++i) {
      WEFT_TRY_ASSIGN(const Bytes message, stream.recv(kBytes));
      REQUIRE(message == pattern(kBytes, i));
    }
    return stream.expect_text("the last");
  });
}

// sends just above and just below the replay limit while the receiver has no irecv
// expect: the small one is done at once and its memory free; the large one only when the receiver has taken it
TEST_P(MessageConformance, completion_of_sends) {
  run([](Party& party) -> Status {
    WEFT_TRY_ASSIGN(Stream stream, Stream::open(party, connection_number(0), side_of(party), kShape));
    Bytes small = pattern(kReplayBytes, 1);
    const Bytes large = pattern(kReplayBytes + 1, 2);
    if (!party.is_first()) {
      WEFT_TRY(party.meet());
      WEFT_TRY(party.meet());
      WEFT_TRY_ASSIGN(const Bytes first, stream.recv(kReplayBytes));
      REQUIRE(first == small);
      WEFT_TRY_ASSIGN(const Bytes second, stream.recv(2 * kReplayBytes));
      REQUIRE(second == large);
      return {};
    }
    WEFT_TRY(party.meet());
    WEFT_TRY(stream.send(small));
    small = pattern(kReplayBytes, 3);  // The copy must be what arrives.
    WEFT_TRY_ASSIGN(const Request request, stream.messages().isend(large));
    REQUIRE(request);
    for (int look = 0; look < 300; ++look) {
      WEFT_TRY(party.transport.progress());
      WEFT_TRY_ASSIGN(const auto moved, stream.messages().test(request));
      REQUIRE(!moved);
    }
    WEFT_TRY(party.meet());
    return party.until([&]() -> Expected<bool> {
      WEFT_TRY_ASSIGN(const auto moved, stream.messages().test(request));
      REQUIRE(!moved || *moved == large.size());
      return moved.has_value();
    });
  });
}

// a message longer than the memory of its irecv
// expect: an error at the receiver, no byte written behind its memory
TEST_P(MessageConformance, message_too_long) {
  run([](Party& party) -> Status {
    WEFT_TRY_ASSIGN(Stream stream, Stream::open(party, connection_number(0), side_of(party), kShape));
    if (party.is_first()) {
      WEFT_TRY(stream.send_text("twelve bytes"));
      return party.meet();
    }
    Bytes memory(16, std::byte{7});
    WEFT_TRY_ASSIGN(const Request request, stream.messages().irecv(std::span(memory).first(11)));
    Status failed = party.until([&]() -> Expected<bool> {
      WEFT_TRY_ASSIGN(const auto moved, stream.messages().test(request));
      return moved.has_value();
    });
    REQUIRE(failed.code() == Code::mismatch);
    for (size_t i = 11; i < memory.size(); ++i) REQUIRE(memory[i] == std::byte{7});
    return party.meet();
  });
}

// a receiver that sleeps before the message comes, a sender that sleeps before the slot comes back
// expect: the doorbell wakes both at once, long before the nap would end
TEST_P(DirectConformance, doorbell_wakes_sleepers) {
  run([](Party& party) -> Status {
    WEFT_TRY_ASSIGN(Stream stream, Stream::open(party, connection_number(0), side_of(party), {1, 64}));
    const auto sleep_until = [&](const auto& is_there) -> Status {
      const auto begin = Clock::now();
      while (!is_there()) {
        Nap nap(party.doorbell);
        if (!is_there()) nap.sleep(20'000);
      }
      REQUIRE(Clock::now() - begin < std::chrono::seconds(10));
      return {};
    };
    for (int round = 0; round < 20; ++round) {
      WEFT_TRY(party.meet());
      if (party.is_first()) {
        WEFT_TRY(sleep_until([&] { return stream.writer().try_acquire() != nullptr; }));
        WEFT_TRY(stream.send_text("wake"));
      } else {
        WEFT_TRY(sleep_until([&] { return stream.reader().try_peek() != nullptr; }));
        WEFT_TRY(stream.expect_text("wake"));
      }
    }
    return {};
  });
}

}  // namespace
}  // namespace weft::test
