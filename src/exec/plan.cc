#include "exec/plan.h"

#include "base/assert.h"
#include "schedule/expand.h"

namespace weft {
namespace {

// Calls mark(port number) for the `count` ports that a step uses from `first`, in the iteration under the cursor.
template <typename Mark>
void each_port(const Lane& lane, const Cursor& cursor, uint32_t first, uint32_t count, Mark mark) {
  for (uint32_t i = 0; i < count; ++i) {
    const int64_t port =
        static_cast<int64_t>(first) + i + static_cast<int64_t>(cursor.step().port_stride) * cursor.trip();
    WEFT_ASSERT(port >= 0 && port < lane.port_count);
    mark(lane.first_port + static_cast<uint32_t>(port));
  }
}

}  // namespace

Plan::Plan(Schedule schedule)
    : schedule_(std::move(schedule)), sends_to_(schedule_.ports.size(), 0), receives_from_(schedule_.ports.size(), 0) {
  for (const Lane& lane : schedule_.lanes) {
    for (Cursor cursor(schedule_, lane); !cursor.at_end(); cursor.next()) {
      const Step& step = cursor.step();
      WEFT_ASSERT(step.source.buffer != Buffer::none || step.target.buffer != Buffer::none);
      widest_set_ = std::max(widest_set_, step.count);
      each_port(lane, cursor, step.send_first, step.send_count, [&](uint32_t port) { sends_to_[port] = 1; });
      each_port(lane, cursor, step.recv_first, step.recv_count, [&](uint32_t port) { receives_from_[port] = 1; });
    }
  }
  for (size_t i = 0; i < schedule_.ports.size(); ++i) {
    if (sends_to_[i] != 0) send_ports_.push_back(schedule_.ports[i]);
    if (receives_from_[i] != 0) recv_ports_.push_back(schedule_.ports[i]);
  }
}

void Plan::bind(Ends& ends) {
  WEFT_ASSERT(ends.shape().slots >= schedule_.credits_needed + kWithheldMost);
  sends_.assign(schedule_.ports.size(), nullptr);
  recvs_.assign(schedule_.ports.size(), nullptr);
  for (size_t i = 0; i < schedule_.ports.size(); ++i) {
    SendEnd* const send = ends.send_end(schedule_.ports[i]);
    RecvEnd* const recv = ends.recv_end(schedule_.ports[i]);
    if (sends_to_[i] != 0) sends_[i] = send;
    if (receives_from_[i] != 0) recvs_[i] = recv;
    WEFT_ASSERT((sends_to_[i] == 0 || send != nullptr) && (receives_from_[i] == 0 || recv != nullptr));
  }
}

}  // namespace weft
