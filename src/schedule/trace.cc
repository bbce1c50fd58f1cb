#include "schedule/trace.h"

#include "schedule/expand.h"
#include "schedule/lane_walk.h"

namespace weft {
namespace {

std::vector<uint32_t> chunks_of(const Schedule& schedule, const Lane& lane, const Step& step, const Ref& ref,
                                uint32_t trip) {
  std::vector<uint32_t> chunks;
  if (ref.buffer == Buffer::none) return chunks;
  for (uint32_t t = 0; t < step.count; ++t) chunks.push_back(chunk_at(schedule, lane, step, ref, t, trip));
  return chunks;
}

}  // namespace

std::vector<ExpandedMove> expand(const Schedule& schedule, const Lane& lane) {
  std::vector<ExpandedMove> moves;
  for (Cursor cursor(schedule, lane); !cursor.at_end(); cursor.next()) {
    const Step& step = cursor.step();
    ExpandedMove move = {cursor.index(), cursor.trip(), step, {}, {}, {}, {}};
    const auto first_port =
        schedule.ports.begin() + lane.first_port + step.port_stride * static_cast<int64_t>(cursor.trip());
    move.recv.assign(first_port + step.recv_first, first_port + step.recv_first + step.recv_count);
    move.send.assign(first_port + step.send_first, first_port + step.send_first + step.send_count);
    move.source_chunks = chunks_of(schedule, lane, step, step.source, cursor.trip());
    move.target_chunks = chunks_of(schedule, lane, step, step.target, cursor.trip());
    moves.push_back(std::move(move));
  }
  return moves;
}

std::vector<SlotEvent> trace(const Schedule& schedule, const Lane& lane, const Layout& layout, uint64_t slot_bytes) {
  std::vector<SlotEvent> events;
  for (LaneWalk walk(schedule, lane, layout, slot_bytes); !walk.at_end(); walk.finish_slot()) {
    events.push_back({walk.pass(), walk.index(), walk.slot(), walk.bytes_of_slot()});
  }
  return events;
}

}  // namespace weft
