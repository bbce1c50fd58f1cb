#include "transport/loop/loop_wire.h"

#include "transport/shape.h"

namespace weft {
namespace {

uint64_t seed_of(const ConnectionId& id, uint64_t seed) {
  for (const uint64_t word : {id.communicator, uint64_t{id.epoch}, uint64_t{id.source}, uint64_t{id.target},
                              uint64_t{id.stream}, uint64_t{id.channel}}) {
    seed = mix64(seed ^ word);
  }
  return seed;
}

}  // namespace

LoopWire::LoopWire(const ConnectionId& id, const LoopFaults& faults)
    : faults_(faults), id_(id), random_(seed_of(id, faults.seed)) {}

Status LoopWire::join(Side side, uint32_t endpoint, Doorbell& doorbell, const ConnectionShape& shape, uint64_t now) {
  End& mine = end(side);
  if (mine.connected) return error(Code::invalid_usage, "{} is connected already", text_of(id_));
  const bool first = !mine.joined;
  mine = {.joined = true, .endpoint = endpoint, .doorbell = &doorbell, .shape = shape};
  const End& source = end(Side::source);
  const End& target = end(Side::target);
  if (!source.joined || !target.joined) return {};
  if (first) ready_at_ = now + draw_delay();
  return compare_shapes(id_, source.shape, target.shape);
}

bool LoopWire::leave(Side side, uint32_t endpoint) {
  if (end(side).joined && end(side).endpoint == endpoint) end(side).left = true;
  bool all_left = true;
  for (const End& each : ends_) {
    all_left = all_left && (!each.joined || each.left);
  }
  return all_left;
}

bool LoopWire::has_end_at(uint32_t endpoint) const {
  for (const End& each : ends_) {
    if (each.joined && each.endpoint == endpoint) return true;
  }
  return false;
}

void LoopWire::break_off(Status reason) {
  if (broken_.ok()) broken_ = std::move(reason);
}

bool LoopWire::cut() {
  if (!faults_.cut_after || carried_ < *faults_.cut_after) return false;
  break_off(error(Code::remote_error, "{} was cut after {} messages", text_of(id_), carried_));
  return true;
}

}  // namespace weft
