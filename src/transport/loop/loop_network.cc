#include "transport/loop/loop_network.h"

#include <atomic>

#include "base/assert.h"
#include "transport/loop/mapped_wire.h"
#include "transport/loop/message_wire.h"

namespace weft {
namespace {

uint64_t next_name() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

std::shared_ptr<LoopNetwork> LoopNetwork::make(Reach kind, const LoopFaults& faults) {
  WEFT_ASSERT(kind != Reach::none);
  return std::shared_ptr<LoopNetwork>(new LoopNetwork(kind, faults));
}

LoopNetwork::LoopNetwork(Reach kind, const LoopFaults& faults) : kind_(kind), faults_(faults), name_(next_name()) {}

uint32_t LoopNetwork::add_endpoint() {
  std::lock_guard lock(mutex_);
  return endpoints_++;
}

uint64_t LoopNetwork::look() {
  ++looks_;
  for (const auto& [id, wire] : wires_) wire->move(looks_);
  return looks_;
}

std::shared_ptr<LoopWire> LoopNetwork::wire(const ConnectionId& id) {
  auto& wire = wires_[id];
  if (wire != nullptr) return wire;
  if (kind_ == Reach::mapped) {
    wire = std::make_shared<MappedWire>(id, faults_);
  } else {
    wire = std::make_shared<MessageWire>(id, faults_);
  }
  return wire;
}

}  // namespace weft
