// A mapped connection of a LoopNetwork. Without faults: one ring. With faults: a ring at each end; messages are carried
// from the source's to the target's, counts of consumed messages back.
#pragma once

#include <memory>
#include <optional>

#include "fifo/ring.h"
#include "transport/loop/loop_wire.h"

namespace weft {

class MappedWire final : public LoopWire {
 public:
  using LoopWire::LoopWire;
  MappedConnection connection(Side side);
  void move(uint64_t now) override;

 private:
  struct Ring {
    explicit Ring(const ConnectionShape& shape);
    struct Free {
      void operator()(std::byte* allocated) const;
    };
    std::unique_ptr<std::byte, Free> memory;  // `consumed` in the first line, then the slots
    RingPlace place;
    RingPosition position;
  };
  void make_rings();
  void carry_message();

  std::optional<Ring> at_source_,
      at_target_;                // one, at_target_, if there are no faults; made when both ends have joined
  std::optional<uint64_t> due_;  // when the message now under way arrives
  uint64_t given_back_ = 0;
};

}  // namespace weft
