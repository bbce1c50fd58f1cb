// The suite that every transport passes, whatever its kind. A case is a function that both ends run, each in its own
// process or thread (always in forked children, so that a hang fails and a crash is told); it returns what went wrong.
//   conformance_<subject>_test.cc     the cases
//   conformance_backends_test.cc      the transports they run on
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "fifo/ring.h"
#include "transport/loop/loop_network.h"
#include "transport/transport.h"

// In a case: what must hold; otherwise the case ends with an error that says where.
#define REQUIRE(condition) \
  if (!(condition))        \
  return ::weft::error(::weft::Code::internal_error, "{}:{}: not so: {}", __FILE__, __LINE__, #condition)

namespace weft::test {

// Lets the two parties wait for each other; in memory that both see.
struct Meeting {
  std::atomic<uint64_t> arrivals[2] = {};
  std::atomic<uint64_t> note{0};    // for the case: what one party tells the other
  std::atomic<bool> failed{false};  // one party has given up: the other need not wait for its own deadline
  std::atomic<uint32_t> descriptor_bytes[2] = {};
  std::byte descriptors[2][256];
};

// One end of a case: 0 or 1. Each has a transport, or both (threads of one process) the same.
struct Party {
  int index;
  Transport& transport;
  Doorbell& doorbell;  // its own
  Meeting& meeting;
  Bytes peer;  // the other's descriptor

  bool is_first() const { return index == 0; }
  // Makes progress until `done` says true or fails, or too much time has passed.
  Status until(const std::function<Expected<bool>()>& done);
  Status meet();
  // Repeats connect until it succeeds or fails.
  Expected<Connection> connect(const ConnectionId& id, Side side, const ConnectionShape& shape);
};

using Case = std::function<Status(Party&)>;

struct Backend {
  std::string name;
  Reach kind;
  LoopFaults faults;  // of loop backends
  // Runs both parties; what they say fails the test.
  void (*run)(const Backend&, const Case&);
  friend void PrintTo(const Backend& backend, std::ostream* stream) { *stream << backend.name; }
};

void run_shm_processes(const Backend&, const Case& body);
void run_shm_threads(const Backend&, const Case& body);
void run_loop(const Backend& backend, const Case& body);

// One end of a connection of either kind, with sends and receives that wait.
class Stream {
 public:
  Stream(Party& party, Connection connection, Side side);
  static Expected<Stream> open(Party& party, const ConnectionId& id, Side side, const ConnectionShape& shape);
  Status send(std::span<const std::byte> message);
  Status send_text(std::string_view text) { return send(std::as_bytes(std::span(text))); }
  Expected<Bytes> recv(size_t bytes_most);
  Status expect_text(std::string_view text);

  // For cases about one kind.
  bool is_mapped() const { return messages_ == nullptr; }
  SlotWriter& writer() { return *writer_; }
  SlotReader& reader() { return *reader_; }
  MessageConnection& messages() { return *messages_; }

 private:
  Party* party_;
  std::optional<SlotWriter> writer_;
  std::optional<SlotReader> reader_;
  std::unique_ptr<MessageConnection> messages_;
};

RingPlace place_of(const MappedConnection& connection);
// Reproducible content that depends on `which`.
Bytes pattern(size_t bytes, uint64_t which);
// From rank 0 to rank 1 unless said otherwise.
ConnectionId connection_number(uint16_t stream, uint64_t communicator = 1);
inline Side side_of(const Party& party) {
  return party.is_first() ? Side::source : Side::target;
}

class Conformance : public ::testing::TestWithParam<Backend> {
 protected:
  // Fails the test with what the parties say.
  void run(const Case& body) const;
};

// Cases that only some backends have.
class MappedConformance : public Conformance {};
class DirectConformance : public Conformance {};  // mapped, and nothing between the two ends
class MessageConformance : public Conformance {};

}  // namespace weft::test
