#include "transport/loop/loop_transport.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fifo/ring.h"
#include "transport/conformance.h"
#include "transport/must.h"

namespace weft::test {
namespace {

constexpr ConnectionShape kShape{.slots = 4, .slot_bytes = 64};
constexpr int kLooksMost = 10'000;

// Two endpoints of one network, driven by the test's own thread, so that every look is in a known order.
struct Pair {
  explicit Pair(Reach kind, const LoopFaults& faults = {})
      : network(LoopNetwork::make(kind, faults)),
        source(LoopTransport::make(network, doorbells[0])),
        target(LoopTransport::make(network, doorbells[1])) {}

  // Both ends of a connection from the first endpoint to the second.
  std::pair<Connection, Connection> connect(uint16_t stream = 0) {
    std::optional<Connection> out, in;
    for (int i = 0; i < kLooksMost && !(out && in); ++i) {
      if (!out) out = must(source->connect(target->descriptor(), connection_number(stream), Side::source, kShape));
      if (!in) in = must(target->connect(source->descriptor(), connection_number(stream), Side::target, kShape));
    }
    return {std::move(out.value()), std::move(in.value())};
  }

  Doorbell doorbells[2];
  std::shared_ptr<LoopNetwork> network;
  std::unique_ptr<Transport> source, target;
};

MessageConnection& messages(Connection& connection) {
  return *std::get<std::unique_ptr<MessageConnection>>(connection);
}

// Sends `count` messages on each of three connections and notes the order in which they arrive: "0:0 2:0 0:1 …". Empty
// if they do not all arrive, or not in the order sent on their connection.
std::string order_of_arrival(const LoopFaults& faults, uint16_t count) {
  Pair pair(Reach::message, faults);
  std::vector<std::pair<Connection, Connection>> ends;
  for (uint16_t stream = 0; stream < 3; ++stream) ends.push_back(pair.connect(stream));
  std::string order;
  std::vector<uint16_t> sent(3, 0), received(3, 0), memory(3, 0);
  std::vector<Request> pending(3);
  for (int round = 0; round < kLooksMost; ++round) {
    for (size_t i = 0; i < 3; ++i) {
      const auto message = std::as_bytes(std::span(&sent[i], 1));
      if (sent[i] < count && must(messages(ends[i].first).isend(message))) ++sent[i];
      if (!pending[i])
        pending[i] = must(messages(ends[i].second).irecv(std::as_writable_bytes(std::span(&memory[i], 1))));
      if (!must(messages(ends[i].second).test(pending[i]))) continue;
      pending[i] = {};
      if (memory[i] != received[i]++) return "";
      order += fmt::format("{}:{} ", i, memory[i]);
    }
    if (std::all_of(received.begin(), received.end(), [&](uint16_t each) { return each == count; })) return order;
  }
  return "";
}

// the same seed twice, other seeds, no delay
// expect: the same order again; other orders; the order sent
TEST(LoopTransport, a_seed_repeats_itself) {
  std::vector<std::string> orders;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const LoopFaults faults{.seed = seed, .delay_max = 60};
    orders.push_back(order_of_arrival(faults, 20));
    EXPECT_NE(orders.back(), "") << "seed " << seed;
    EXPECT_EQ(orders.back(), order_of_arrival(faults, 20)) << "seed " << seed;
  }
  std::sort(orders.begin(), orders.end());
  EXPECT_EQ(std::unique(orders.begin(), orders.end()), orders.end());
  EXPECT_TRUE(order_of_arrival({}, 3).starts_with("0:0 1:0 2:0 ")) << order_of_arrival({}, 3);
}

// connections with delays of their own, 8 seeds
// expect: some message overtakes one of another connection that was sent a round earlier
TEST(LoopTransport, connections_overtake_each_other) {
  int overtaken = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const std::string order = order_of_arrival({.seed = seed, .delay_max = 60}, 20);
    overtaken += order.find("1:5 ") < order.find("0:4 ");
    overtaken += order.find("0:5 ") < order.find("1:4 ");
  }
  EXPECT_GT(overtaken, 0);
}

// a cut after 0 and after 3 messages, message connections
// expect: so many arrive; then every call fails at both ends, with the same text
TEST(LoopTransport, cut_message_connection) {
  for (const uint64_t cut_after : {0, 3}) {
    Pair pair(Reach::message, {.cut_after = cut_after});
    auto [out, in] = pair.connect();
    std::byte byte{};
    uint64_t arrived = 0;
    Status failed;
    for (int i = 0; i < kLooksMost && failed.ok(); ++i) {
      (void)messages(out).isend(std::span(&byte, 1));
      auto request = messages(in).irecv(std::span(&byte, 1));
      if (!request) {
        failed = std::move(request.error());
        break;
      }
      auto moved = messages(in).test(*request);
      if (!moved) failed = std::move(moved.error());
      if (failed.ok() && *moved) ++arrived;
    }
    EXPECT_EQ(arrived, cut_after);
    EXPECT_EQ(failed.code(), Code::remote_error);
    EXPECT_NE(failed.text().find(fmt::format("cut after {} messages", cut_after)), std::string_view::npos);
    EXPECT_EQ(messages(out).isend(std::span(&byte, 1)).error().text(), failed.text());
    EXPECT_EQ(messages(in).irecv(std::span(&byte, 1)).error().text(), failed.text());
  }
}

// a cut after 0 and after 3 messages, mapped connections
// expect: so many arrive; progress fails at both ends
TEST(LoopTransport, cut_mapped_connection) {
  for (const uint64_t cut_after : {0, 3}) {
    Pair pair(Reach::mapped, {.cut_after = cut_after});
    auto [out, in] = pair.connect();
    SlotWriter writer(place_of(std::get<MappedConnection>(out)));
    SlotReader reader(place_of(std::get<MappedConnection>(in)));
    for (uint32_t i = 0; i < kShape.slots; ++i) writer.publish(writer.try_acquire(), 0);
    Status source_failed, target_failed;
    for (int i = 0; i < kLooksMost && (source_failed.ok() || target_failed.ok()); ++i) {
      source_failed = pair.source->progress();
      target_failed = pair.target->progress();
    }
    while (reader.try_peek() != nullptr) reader.release();
    EXPECT_EQ(reader.taken(), cut_after);
    EXPECT_EQ(source_failed.code(), Code::remote_error);
    EXPECT_EQ(target_failed.code(), Code::remote_error);
  }
}

// the isend of message 2 is made to fail
// expect: it returns the error, and the receiver gets the error too instead of waiting
TEST(LoopTransport, failing_send) {
  Pair pair(Reach::message, {.send_fails_at = 2});
  auto [out, in] = pair.connect();
  std::byte byte{};
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(must(messages(out).isend(std::span(&byte, 1))));
  EXPECT_EQ(messages(out).isend(std::span(&byte, 1)).error().code(), Code::system_error);
  EXPECT_EQ(messages(in).irecv(std::span(&byte, 1)).error().code(), Code::system_error);
}

// a network that refuses connections
// expect: connect is remote_error on both sides
TEST(LoopTransport, refused_connect) {
  for (const Reach kind : {Reach::mapped, Reach::message}) {
    Pair pair(kind, {.refuse_connect = true});
    const auto id = connection_number(0);
    EXPECT_EQ(pair.source->connect(pair.target->descriptor(), id, Side::source, kShape).error().code(),
              Code::remote_error);
    EXPECT_EQ(pair.target->connect(pair.source->descriptor(), id, Side::target, kShape).error().code(),
              Code::remote_error);
  }
}

// a large send with completions up to 9 looks late, 20 seeds
// expect: the sender learns of it later than the receiver, at least once
TEST(LoopTransport, slow_completion) {
  int late = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Pair pair(Reach::message, {.seed = seed, .completion_max = 9});
    auto [out, in] = pair.connect();
    const Bytes large(kReplayBytes + 1);
    Bytes memory(large.size());
    const Request send = must(messages(out).isend(large));
    const Request recv = must(messages(in).irecv(memory));
    ASSERT_EQ(must(messages(in).test(recv)), large.size());
    int looks = 0;
    while (!must(messages(out).test(send))) ASSERT_LT(++looks, 10);
    late += looks > 0;
  }
  EXPECT_GT(late, 0);
}

// the sender leaves after two small messages; the receiver leaves; the sender leaves with a large message not taken
// expect: small ones arrive, then an error; sends fail; an error at once
TEST(LoopTransport, an_end_that_leaves) {
  Pair pair(Reach::message);
  std::byte byte{};
  {
    auto [out, in] = pair.connect(0);
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(must(messages(out).isend(std::span(&byte, 1))));
    out = MappedConnection();  // destroys the sending end
    for (int i = 0; i < 2; ++i) {
      const Request request = must(messages(in).irecv(std::span(&byte, 1)));
      EXPECT_EQ(must(messages(in).test(request)), 1u);
    }
    EXPECT_EQ(messages(in).irecv(std::span(&byte, 1)).error().code(), Code::remote_error);
  }
  {
    auto [out, in] = pair.connect(1);
    in = MappedConnection();
    EXPECT_EQ(messages(out).isend(std::span(&byte, 1)).error().code(), Code::remote_error);
  }
  {
    auto [out, in] = pair.connect(2);
    const Bytes large(kReplayBytes + 1);
    EXPECT_TRUE(must(messages(out).isend(large)));
    out = MappedConnection();
    EXPECT_EQ(messages(in).irecv(std::span(&byte, 1)).error().code(), Code::remote_error);
  }
}

// endpoints and network are let go while a connection still lives
// expect: its calls still work or fail; nothing is touched after its end (the address checker watches)
TEST(LoopTransport, connections_outlive_transports) {
  std::optional<std::pair<Connection, Connection>> ends;
  {
    Pair pair(Reach::message);
    ends = pair.connect();
  }
  std::byte byte{};
  EXPECT_TRUE(must(messages(ends->first).isend(std::span(&byte, 1))));
}

}  // namespace
}  // namespace weft::test
