#include "schedule/form.h"

#include <algorithm>
#include <tuple>

#include "schedule/expand.h"

namespace weft {
namespace {

template <typename... Args>
Failure flaw(size_t lane, size_t step, fmt::format_string<Args...> text, Args&&... args) {
  return error(Code::internal_error, "lane {} step {}: {}", lane, step, fmt::format(text, std::forward<Args>(args)...));
}

// One step of a lane, with the loop around it.
struct Place {
  const Schedule& schedule;
  size_t lane_number, step_number;
  uint32_t trips;
  const Lane& lane() const { return schedule.lanes[lane_number]; }
  const Step& step() const { return schedule.steps[lane().first_step + step_number]; }
};

Status check_ports(const Place& place, std::string_view word, uint32_t first, uint32_t count) {
  const int64_t last_shift = static_cast<int64_t>(place.step().port_stride) * (place.trips - 1);
  const int64_t least = first + std::min<int64_t>(0, last_shift);
  const int64_t most = static_cast<int64_t>(first) + count + std::max<int64_t>(0, last_shift);
  if (count == 0 && first != 0)
    return flaw(place.lane_number, place.step_number, "no {} ports, but the first is {}", word, first);
  if (count != 0 && (least < 0 || most > place.lane().port_count)) {
    return flaw(place.lane_number, place.step_number, "{} ports {} to {}, but the lane has {}", word, least, most - 1,
                place.lane().port_count);
  }
  return {};
}

uint32_t buffer_size(const Schedule& schedule, Buffer buffer) {
  return buffer == Buffer::scratch ? schedule.scratch_chunks : schedule.chunks;
}

Status check_ref(const Place& place, std::string_view word, const Ref& ref) {
  const Schedule& schedule = place.schedule;
  const Step& step = place.step();
  if (ref.buffer == Buffer::none) {
    if (ref != Ref{}) return flaw(place.lane_number, place.step_number, "no {}, but chunk {}", word, ref.chunk);
    return {};
  }
  const uint32_t size = place.lane().window_size != 0 ? place.lane().window_size : buffer_size(schedule, ref.buffer);
  if (ref.buffer > Buffer::scratch) return flaw(place.lane_number, place.step_number, "the {} is in no buffer", word);
  if (uint64_t{place.lane().window_base} + size > buffer_size(schedule, ref.buffer)) {
    return flaw(place.lane_number, place.step_number, "the window does not fit in the buffer of the {}", word);
  }
  if (ref.chunk >= size) {
    return flaw(place.lane_number, place.step_number, "{} chunk {}, but there are {}", word, ref.chunk, size);
  }
  if (step.table == 0) return {};
  const uint64_t end = step.table - 1 + static_cast<uint64_t>(step.count) * place.trips;
  if (end > schedule.tables.size()) {
    return flaw(place.lane_number, place.step_number, "its table ends at {}, but the tables at {}", end,
                schedule.tables.size());
  }
  for (uint64_t i = step.table - 1; i < end; ++i) {
    if (schedule.tables[i] < buffer_size(schedule, ref.buffer)) continue;
    return flaw(place.lane_number, place.step_number, "its table names chunk {} of the {}", schedule.tables[i], word);
  }
  return {};
}

Status check_wait(const Place& place) {
  const Step& step = place.step();
  const Schedule& schedule = place.schedule;
  if (step.wait == Wait::none) {
    if (step.wait_lane == 0 && step.wait_step == 0) return {};
    return flaw(place.lane_number, place.step_number, "no wait, but one for lane {} step {}", step.wait_lane,
                step.wait_step);
  }
  if (step.wait > Wait::back || step.wait_lane >= schedule.lanes.size() ||
      step.wait_step >= count_moves(schedule, schedule.lanes[step.wait_lane])) {
    return flaw(place.lane_number, place.step_number, "waits for lane {} step {}, which does not exist", step.wait_lane,
                step.wait_step);
  }
  return {};
}

Status check_move(const Place& place) {
  const Step& step = place.step();
  const auto fail = [&](std::string_view text) -> Status {
    return flaw(place.lane_number, place.step_number, "{}", text);
  };
  WEFT_TRY(check_ports(place, "recv", step.recv_first, step.recv_count));
  WEFT_TRY(check_ports(place, "send", step.send_first, step.send_count));
  WEFT_TRY(check_ref(place, "source", step.source));
  WEFT_TRY(check_ref(place, "target", step.target));
  WEFT_TRY(check_wait(place));
  const bool has_source = step.source.buffer != Buffer::none;
  if (step.remote != Ref{}) return fail("remote chunks need group ports, which do not exist yet");
  if (step.target.buffer == Buffer::input) return fail("writes the input");
  if (step.source_at > (has_source ? step.recv_count : 0))
    return fail("the source stands behind more ports than it has");
  if (step.count == 0) return fail("an empty set");
  if (step.run > step.count) return fail("runs longer than the set");
  if (!has_source && step.recv_count == 0) return fail("nothing to move: no source and no recv port");
  if (step.target.buffer == Buffer::none && step.send_count == 0)
    return fail("nowhere to move: no target and no send port");
  if (!has_source && step.target.buffer == Buffer::none) return fail("names no chunk, so its length is unknown");
  if (step.flags > (kPairwise | kPreOp | kPostOp)) return fail("unknown flags");
  return {};
}

Status check_loop(const Place& place) {
  const Step& step = place.step();
  const Step plain = {.op = Op::loop, .wait_step = step.wait_step, .count = step.count};
  if (step != plain) return flaw(place.lane_number, place.step_number, "a loop with the fields of a move");
  if (step.count == 0 || step.wait_step == 0) return flaw(place.lane_number, place.step_number, "a loop of nothing");
  if (place.step_number + step.count >= place.lane().step_count) {
    return flaw(place.lane_number, place.step_number, "a loop over {} steps runs past the end of the lane", step.count);
  }
  for (uint32_t i = 1; i <= step.count; ++i) {
    if (place.schedule.steps[place.lane().first_step + place.step_number + i].op == Op::loop) {
      return flaw(place.lane_number, place.step_number, "a loop in a loop");
    }
  }
  return {};
}

// In 64 bits, before anything walks the lane.
Status check_length(const Schedule& schedule, size_t lane_number) {
  const Lane& lane = schedule.lanes[lane_number];
  if (lane.window_size == 0 && lane.window_base != 0)
    return error(Code::internal_error, "lane {}: a window of no chunks from {}", lane_number, lane.window_base);
  uint64_t moves = lane.step_count;
  for (uint32_t i = 0; i < lane.step_count; ++i) {
    const Step& step = schedule.steps[lane.first_step + i];
    if (step.op == Op::loop) moves += uint64_t{step.wait_step} * step.count;
    if (moves > kLaneMovesMax)
      return error(Code::internal_error, "lane {}: over {} moves, loops unrolled", lane_number, kLaneMovesMax);
  }
  return {};
}

bool lane_in_range(const Schedule& schedule, const Lane& lane) {
  return static_cast<uint64_t>(lane.first_step) + lane.step_count <= schedule.steps.size() &&
         static_cast<uint64_t>(lane.first_port) + lane.port_count <= schedule.ports.size();
}

// Loops only; the rest of a lane can be walked safely once they are sound.
Status check_loops(const Schedule& schedule, size_t lane) {
  for (size_t i = 0; i < schedule.lanes[lane].step_count; ++i) {
    const Place place = {schedule, lane, i, 1};
    if (place.step().op > Op::loop) return flaw(lane, i, "neither a move nor a loop");
    if (place.step().op == Op::loop) WEFT_TRY(check_loop(place));
  }
  return {};
}

Status check_moves(const Schedule& schedule, size_t lane) {
  uint32_t trips = 1, body_left = 0;
  for (size_t i = 0; i < schedule.lanes[lane].step_count; ++i) {
    const Place place = {schedule, lane, i, body_left > 0 ? trips : 1};
    if (place.step().op == Op::loop) {
      trips = place.step().wait_step;
      body_left = place.step().count;
      continue;
    }
    WEFT_TRY(check_move(place));
    body_left -= body_left > 0;
  }
  return {};
}

// An end of a connection belongs to one port of one lane.
Status check_ends(const Schedule& schedule, uint32_t rank, uint32_t ranks) {
  std::vector<std::tuple<uint32_t, uint16_t, PortUse>> ends;
  for (size_t lane = 0; lane < schedule.lanes.size(); ++lane) {
    const std::vector<PortUse> uses = port_uses(schedule, schedule.lanes[lane]);
    for (size_t i = 0; i < uses.size(); ++i) {
      const Port& port = schedule.ports[schedule.lanes[lane].first_port + i];
      const auto fail = [&](std::string_view text) -> Status {
        return error(Code::internal_error, "lane {} port {} (rank {} stream {}): {}", lane, i, port.peer, port.stream,
                     text);
      };
      if (port.kind != PortKind::fifo) return fail("group ports do not exist yet");
      if (port.peer >= ranks || port.peer == rank) return fail("no such peer");
      if (uses[i] == PortUse::both) return fail("both sends and receives");
      if (uses[i] != PortUse::none) ends.push_back({port.peer, port.stream, uses[i]});
    }
  }
  std::sort(ends.begin(), ends.end());
  const auto twin = std::adjacent_find(ends.begin(), ends.end());
  if (twin == ends.end()) return {};
  return error(Code::internal_error, "two ports {} rank {} stream {}",
               std::get<2>(*twin) == PortUse::send ? "send to" : "receive from", std::get<0>(*twin),
               std::get<1>(*twin));
}

}  // namespace

uint32_t count_moves(const Schedule& schedule, const Lane& lane) {
  uint32_t moves = 0;
  for (uint32_t i = 0; i < lane.step_count; ++i) {
    const Step& step = schedule.steps[lane.first_step + i];
    moves += step.op == Op::loop ? step.wait_step * step.count : 1;
    if (step.op == Op::loop) i += step.count;
  }
  return moves;
}

std::vector<PortUse> port_uses(const Schedule& schedule, const Lane& lane) {
  std::vector<PortUse> uses(lane.port_count, PortUse::none);
  const auto mark = [&](uint32_t first, uint32_t count, PortUse use) {
    for (uint32_t port = first; port < first + count; ++port) {
      uses[port] = uses[port] == PortUse::none || uses[port] == use ? use : PortUse::both;
    }
  };
  for (Cursor cursor(schedule, lane); !cursor.at_end(); cursor.next()) {
    const Step& step = cursor.step();
    const uint32_t shift = static_cast<uint32_t>(step.port_stride * static_cast<int64_t>(cursor.trip()));
    mark(step.recv_first + shift, step.recv_count, PortUse::recv);
    mark(step.send_first + shift, step.send_count, PortUse::send);
  }
  return uses;
}

Status check_form(const Schedule& schedule, uint32_t rank, uint32_t ranks) {
  if (schedule.chunks == 0 || schedule.credits_needed == 0 || schedule.lanes.size() > 256) {
    return error(Code::internal_error, "{} chunks, {} credits, {} lanes: at least 1, at least 1, at most 256",
                 schedule.chunks, schedule.credits_needed, schedule.lanes.size());
  }
  for (size_t lane = 0; lane < schedule.lanes.size(); ++lane) {
    if (!lane_in_range(schedule, schedule.lanes[lane]))
      return error(Code::internal_error, "lane {} is out of range", lane);
    WEFT_TRY(check_length(schedule, lane));
    WEFT_TRY(check_loops(schedule, lane));
  }
  for (size_t lane = 0; lane < schedule.lanes.size(); ++lane) WEFT_TRY(check_moves(schedule, lane));
  return check_ends(schedule, rank, ranks);
}

}  // namespace weft
