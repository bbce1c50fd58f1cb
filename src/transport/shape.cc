#include "transport/shape.h"

namespace weft {

std::string text_of(const ConnectionId& id) {
  return fmt::format("connection {} -> {} (stream {}, channel {}, epoch {})", id.source, id.target, id.stream,
                     id.channel, id.epoch);
}

Status check_shape(const ConnectionId& id, const ConnectionShape& shape) {
  if (shape.slots > 0 && shape.slot_bytes > 0 && shape.slot_bytes % 64 == 0) return {};
  return error(Code::invalid_argument, "{}: {} slots of {} bytes, where it needs at least 1, of a multiple of 64",
               text_of(id), shape.slots, shape.slot_bytes);
}

Status compare_shapes(const ConnectionId& id, const ConnectionShape& sender, const ConnectionShape& receiver) {
  if (sender == receiver) return {};
  return error(Code::config,
               "{}: the sender has {} slots of {} bytes, the receiver {} slots of {} bytes: set WEFT_SLOTS and "
               "WEFT_SLOT_BYTES alike on all ranks",
               text_of(id), sender.slots, sender.slot_bytes, receiver.slots, receiver.slot_bytes);
}

}  // namespace weft
