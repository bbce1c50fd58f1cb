// One connection of a LoopNetwork: what both kinds share. The kinds are in mapped_wire.h and message_wire.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/random.h"
#include "transport/transport.h"

namespace weft {

// What goes wrong, the same on every connection; who suffers when is drawn from the seed and the connection's id, so
// connections overtake each other, but messages of one connection never do.
struct LoopFaults {
  uint64_t seed = 1;
  uint32_t delay_max = 0;                 // a hand-shake or message is under way for 0 to so many looks
  uint32_t completion_max = 0;            // a send that waits for its receiver learns of it 0 to so many looks late
  std::optional<uint64_t> cut_after;      // a connection fails once it has carried so many messages
  std::optional<uint64_t> send_fails_at;  // message connections: the isend of this number (from 0) is an error
  bool refuse_connect = false;

  bool touch_messages() const { return delay_max > 0 || cut_after.has_value(); }
};

// Owned by the network; every function under the network's lock.
class LoopWire {
 public:
  LoopWire(const ConnectionId& id, const LoopFaults& faults);
  virtual ~LoopWire() = default;

  // An end asks to be connected; again until it is.
  Status join(Side side, uint32_t endpoint, Doorbell& doorbell, const ConnectionShape& shape, uint64_t now);
  bool ready(uint64_t now) const { return end(Side::source).joined && end(Side::target).joined && now >= ready_at_; }
  void note_connected(Side side) { end(side).connected = true; }
  // The endpoint wants no more of its side. True if no end does.
  bool leave(Side side, uint32_t endpoint);
  bool has_end_at(uint32_t endpoint) const;

  // Carries what is due.
  virtual void move(uint64_t now) = 0;
  // Why it carries nothing any more.
  const Status& broken() const { return broken_; }
  const ConnectionId& id() const { return id_; }

 protected:
  struct End {
    bool joined = false, connected = false, left = false;
    uint32_t endpoint = 0;
    Doorbell* doorbell = nullptr;
    ConnectionShape shape;
  };
  End& end(Side side) { return ends_[static_cast<size_t>(side)]; }
  const End& end(Side side) const { return ends_[static_cast<size_t>(side)]; }
  void break_off(Status reason);
  // True (and broken) once the connection has carried as many messages as it may.
  bool cut();
  uint64_t draw_delay() { return random_.below(uint64_t{faults_.delay_max} + 1); }
  uint64_t draw_completion() { return random_.below(uint64_t{faults_.completion_max} + 1); }

  const LoopFaults& faults_;
  uint64_t carried_ = 0;  // messages

 private:
  const ConnectionId id_;
  Random random_;
  std::array<End, 2> ends_;
  uint64_t ready_at_ = 0;  // set when the second end joins
  Status broken_;
};

}  // namespace weft
