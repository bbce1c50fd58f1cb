#include "schedule/abstract_run.h"

#include <algorithm>

#include "base/assert.h"
#include "schedule/form.h"

namespace weft {
namespace {

constexpr uint32_t kReportedMax = 3;  // of lanes that stall: the first few tell the story

bool any_rank_has_two_lanes(std::span<const Schedule> schedules) {
  return std::any_of(schedules.begin(), schedules.end(), [](const Schedule& schedule) {
    return std::count_if(schedule.lanes.begin(), schedule.lanes.end(),
                         [](const Lane& lane) { return lane.step_count > 0; }) > 1;
  });
}

bool is_waited_for(const Schedule& schedule, uint32_t lane) {
  return std::any_of(schedule.steps.begin(), schedule.steps.end(), [&](const Step& step) {
    return step.op == Op::move && step.wait != Wait::none && step.wait_lane == lane;
  });
}

uint32_t shifted(const LaneWalk& walk, uint32_t port) {
  return port + static_cast<uint32_t>(walk.step().port_stride * static_cast<int64_t>(walk.trip()));
}

}  // namespace

AbstractRun::AbstractRun(std::span<const Schedule> schedules, const Contract& contract, const Setting& setting,
                         const Layout& layout)
    : schedules_(schedules),
      contract_(contract),
      setting_(setting),
      layout_(layout),
      wiring_(schedules),
      ordering_(wiring_.lane_count(), any_rank_has_two_lanes(schedules)),
      data_elements_(static_cast<uint32_t>(setting.block_bytes * contract.blocks / kElementBytes)),
      pass_elements_(static_cast<uint32_t>(setting.pass_bytes / kElementBytes)),
      connections_(wiring_.connections().size()),
      slots_(connections_.size() * setting.credits),
      sent_bytes_(schedules.size(), 0) {
  for (uint32_t number = 0; number < wiring_.lane_count(); ++number) {
    const auto [rank, lane] = wiring_.lane(number);
    const Schedule& schedule = schedules[rank];
    lanes_.push_back({LaneWalk(schedule, schedule.lanes[lane], layout, setting.slot_bytes),
                      count_moves(schedule, schedule.lanes[lane]),
                      ordering_.on() && is_waited_for(schedule, lane),
                      kNowhere,
                      {},
                      {}});
  }
  for (uint32_t rank = 0; rank < schedules.size(); ++rank) {
    const uint32_t cells = 2 * data_elements_ + schedules[rank].scratch_chunks * pass_elements_;
    const auto lanes = static_cast<uint32_t>(schedules[rank].lanes.size());
    memory_.push_back(
        {std::vector<Value>(cells), AccessLog(ordering_.on() ? cells : 0, wiring_.number_of(rank, 0), lanes)});
  }
  fill_inputs();
}

void AbstractRun::fill_inputs() {
  const uint32_t block_elements = data_elements_ / contract_.blocks;
  for (uint32_t rank = 0; rank < schedules_.size(); ++rank) {
    const BlockRange& blocks = contract_.before[rank];
    for (uint32_t i = blocks.first * block_elements; i < (blocks.first + blocks.count) * block_elements; ++i) {
      memory_[rank].values[i] = leaf_value(rank, i);
    }
  }
}

void AbstractRun::run() {
  for (bool moved = true; moved;) {
    moved = false;
    for (uint32_t lane = 0; lane < lanes_.size(); ++lane) {
      while (may_start(lane)) {
        perform(lane);
        if (flaw_ != Flaw::none) return;
        moved = true;
      }
      if (flaw_ != Flaw::none) return;
    }
  }
  const bool ended = std::all_of(lanes_.begin(), lanes_.end(), [](const LaneRun& lane) { return lane.walk.at_end(); });
  if (ended) {
    report_leftovers();
  } else {
    report_stall();
  }
}

bool AbstractRun::has_waited(uint32_t lane) {
  LaneRun& me = lanes_[lane];
  if (me.walk.step().wait == Wait::none) return true;
  const uint32_t other = wiring_.number_of(wiring_.lane(lane).rank, me.walk.step().wait_lane);
  const auto goal = me.walk.goal(lanes_[other].moves);
  if (!goal) return true;
  const auto reached = lanes_[other].walk.reached(*goal);
  if (!reached) return false;
  if (*reached > 0 && lanes_[other].keeps_history) ordering_.hear(lane, lanes_[other].history[*reached - 1]);
  return true;
}

// True if the lane can do its next slot now; it has then heard whom it waited for.
bool AbstractRun::may_start(uint32_t lane) {
  LaneRun& me = lanes_[lane];
  if (me.walk.at_end()) return false;
  const Step& step = me.walk.step();
  for (uint32_t i = 0; i < step.recv_count; ++i) {
    const Connection& connection = connections_[wiring_.connection_at(lane, shifted(me.walk, step.recv_first) + i)];
    if (connection.sent == connection.taken) return false;
  }
  for (uint32_t i = 0; i < step.send_count; ++i) {
    const Connection& connection = connections_[wiring_.connection_at(lane, shifted(me.walk, step.send_first) + i)];
    if (connection.sent - connection.taken == setting_.credits) return false;
  }
  return has_waited(lane) && lay_out(lane);
}

void AbstractRun::perform(uint32_t lane) {
  LaneRun& me = lanes_[lane];
  const Step& step = me.walk.step();
  taken_.clear();
  for (uint32_t i = 0; i < step.recv_count; ++i) {
    const uint32_t number = wiring_.connection_at(lane, shifted(me.walk, step.recv_first) + i);
    taken_.push_back(std::move(slot_of(number, connections_[number].taken++)));
    ordering_.hear(lane, taken_.back()->stamp);
  }
  const size_t first = me.walk.slot() * (setting_.slot_bytes / kElementBytes);
  const size_t count = me.walk.bytes_of_slot() / kElementBytes;
  for (size_t i = 0; i < taken_.size(); ++i) {
    if (taken_[i]->entries.size() == count) continue;
    const uint32_t number = wiring_.connection_at(lane, shifted(me.walk, step.recv_first) + static_cast<uint32_t>(i));
    fail(Flaw::extent, lane, "takes a slot of {} bytes from rank {} where its chunks have {}",
         taken_[i]->entries.size() * kElementBytes, wiring_.connections()[number].from_rank, count * kElementBytes);
    return;
  }
  const auto sent = step.send_count > 0 ? std::make_shared<Slot>() : nullptr;
  Value result;
  for (size_t place = 0; place < count; ++place) {
    const Element& element = me.elements[first + place];
    if (!gather(lane, element, place, result)) return;
    if (element.target != kNowhere) memory_[wiring_.lane(lane).rank].values[element.target] = result;
    if (sent) sent->entries.push_back({element.chunk, element.offset, result});
  }
  if (sent) sent->stamp = ordering_.stamp(lane, me.walk.slots_finished() + 1);
  for (uint32_t i = 0; i < step.send_count; ++i) {
    const uint32_t number = wiring_.connection_at(lane, shifted(me.walk, step.send_first) + i);
    slot_of(number, connections_[number].sent++) = sent;
    sent_bytes_[wiring_.lane(lane).rank] += count * kElementBytes;
  }
  me.walk.finish_slot();
  if (me.keeps_history) me.history.push_back(ordering_.stamp(lane, me.walk.slots_finished()));
}

// Reads one element from all its parts and folds them.
bool AbstractRun::gather(uint32_t lane, const Element& element, size_t place, Value& result) {
  const Step& step = lanes_[lane].walk.step();
  std::vector<Value>& values = memory_[wiring_.lane(lane).rank].values;
  parts_.clear();
  for (const std::shared_ptr<Slot>& slot : taken_) {
    const Slot::Entry& entry = slot->entries[place];
    if (entry.chunk != element.chunk || entry.offset != element.offset) {
      return fail(Flaw::extent, lane, "is given chunk {} where it expects chunk {}; they can differ in length",
                  entry.chunk, element.chunk);
    }
    parts_.push_back(&entry.value);
  }
  if (element.source != kNowhere) {
    if (!touch(lane, step.source, element.source, false)) return false;
    const Value& source = values[element.source];
    if (source.position == kNowhere) {
      return fail(Flaw::value, lane, "reads {}, where nothing was written",
                  describe(lane, step.source, element.source));
    }
    parts_.insert(parts_.begin() + step.source_at, &source);
  }
  const FoldFlags flags = {(step.flags & kPairwise) != 0, (step.flags & kPostOp) != 0};
  if ((step.flags & kPreOp) != 0) return fail(Flaw::value, lane, "maps its source, which no contract asks for");
  if (flags.post && !contract_.reduces) return fail(Flaw::value, lane, "applies an operator's last map to a copy");
  const char* wrong = fold_values(parts_, flags, static_cast<uint32_t>(schedules_.size()), result);
  if (wrong != nullptr) return fail(Flaw::value, lane, "{}", wrong);
  return element.target == kNowhere || touch(lane, step.target, element.target, true);
}

bool AbstractRun::touch(uint32_t lane, const Ref& ref, uint32_t cell, bool writes) {
  if (!ordering_.on()) return true;
  AccessLog& log = memory_[wiring_.lane(lane).rank].log;
  const uint32_t event = lanes_[lane].walk.slots_finished() + 1;
  const auto other = writes ? log.write(ordering_, cell, lane, event) : log.read(ordering_, cell, lane, event);
  if (!other) return true;
  const uint32_t move = lanes_[other->lane].walk.move_of_slot(other->event);
  return fail(Flaw::race, lane, "{} {}, which {} {}, and nothing orders the two", writes ? "writes" : "reads",
              describe(lane, ref, cell), place_of(other->lane, move), other->writes ? "writes" : "reads");
}

// Finds where the elements of the current move lie, once per move.
bool AbstractRun::lay_out(uint32_t lane) {
  LaneRun& me = lanes_[lane];
  if (me.laid_out == move_number(lane)) return true;
  me.laid_out = move_number(lane);
  me.elements.clear();
  return lay_out_side(lane, me.walk.step().source, &Element::source) &&
         lay_out_side(lane, me.walk.step().target, &Element::target);
}

bool AbstractRun::lay_out_side(uint32_t lane, const Ref& ref, uint32_t Element::*cell) {
  if (ref.buffer == Buffer::none) return true;
  LaneRun& me = lanes_[lane];
  const Step& step = me.walk.step();
  const auto [rank, lane_of_rank] = wiring_.lane(lane);
  const Schedule& schedule = schedules_[rank];
  const uint32_t chunks_per_block = schedule.chunks / contract_.blocks;
  const bool is_first_side = me.elements.empty();
  size_t at = 0;
  for (uint32_t t = 0; t < step.count; ++t) {
    const uint32_t chunk = chunk_at(schedule, schedule.lanes[lane_of_rank], step, ref, t, me.walk.trip());
    const uint32_t data = data_chunk(schedule, ref.buffer, chunk);
    const BlockRange& owned = ref.buffer == Buffer::input ? contract_.before[rank] : contract_.after[rank];
    if (ref.buffer != Buffer::scratch && !owned.has(data / chunks_per_block)) {
      return fail(Flaw::value, lane, "uses {} {}, which this rank does not have", name_of(ref.buffer), chunk);
    }
    const Piece piece = layout_.piece(data, me.walk.pass());
    const auto first = static_cast<uint32_t>(piece.offset / kElementBytes);
    const uint32_t base = ref.buffer == Buffer::scratch ? 2 * data_elements_ + chunk * pass_elements_
                          : ref.buffer == Buffer::input ? first
                                                        : output_cell(first);
    for (uint32_t offset = 0; offset < piece.bytes / kElementBytes; ++offset, ++at) {
      if (is_first_side) me.elements.push_back({kNowhere, kNowhere, data % chunks_per_block, offset});
      if (at >= me.elements.size() || me.elements[at].chunk != data % chunks_per_block ||
          me.elements[at].offset != offset) {
        return fail(Flaw::extent, lane, "the chunks of its source and of its target can differ in length");
      }
      me.elements[at].*cell = base + offset;
    }
  }
  return at == me.elements.size() ||
         fail(Flaw::extent, lane, "the chunks of its source and of its target can differ in length");
}

void AbstractRun::report_stall() {
  std::string stuck;
  uint32_t count = 0;
  for (uint32_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lanes_[lane].walk.at_end() || ++count > kReportedMax) continue;
    stuck += (stuck.empty() ? "" : "; ") + place_of(lane, move_number(lane)) + " waits for " + what_lacks(lane);
  }
  flaw_ = Flaw::stall;
  text_ = fmt::format("{} lanes stall with {} slots per connection: {}", count, setting_.credits, stuck);
}

std::string AbstractRun::what_lacks(uint32_t lane) {
  const LaneRun& me = lanes_[lane];
  const Step& step = me.walk.step();
  for (uint32_t i = 0; i < step.recv_count; ++i) {
    const uint32_t number = wiring_.connection_at(lane, shifted(me.walk, step.recv_first) + i);
    const Connection& connection = connections_[number];
    if (connection.sent == connection.taken)
      return fmt::format("a slot from rank {}", wiring_.connections()[number].from_rank);
  }
  for (uint32_t i = 0; i < step.send_count; ++i) {
    const uint32_t number = wiring_.connection_at(lane, shifted(me.walk, step.send_first) + i);
    const Connection& connection = connections_[number];
    if (connection.sent - connection.taken == setting_.credits) {
      return fmt::format("rank {} to take a slot", wiring_.connections()[number].to_rank);
    }
  }
  return fmt::format("lane {} step {}", step.wait_lane, step.wait_step);
}

void AbstractRun::report_leftovers() {
  for (size_t number = 0; number < connections_.size(); ++number) {
    const uint32_t left = connections_[number].sent - connections_[number].taken;
    if (left == 0) continue;
    const Wiring::Connection& connection = wiring_.connections()[number];
    flaw_ = Flaw::leftover;
    text_ = fmt::format("rank {} sends rank {} {} slots on stream {} that it never takes", connection.from_rank,
                        connection.to_rank, left, connection.stream);
    return;
  }
}

std::string AbstractRun::place_of(uint32_t lane, uint32_t move) const {
  const auto [rank, lane_of_rank] = wiring_.lane(lane);
  const uint32_t moves = lanes_[lane].moves;
  return fmt::format("rank {} lane {} step {} pass {}", rank, lane_of_rank, move % moves, move / moves);
}

std::string AbstractRun::describe(uint32_t lane, const Ref& ref, uint32_t cell) const {
  if (ref.buffer == Buffer::scratch) return fmt::format("scratch {}", (cell - 2 * data_elements_) / pass_elements_);
  const uint64_t offset = (ref.buffer == Buffer::input ? cell : cell - output_cell(0)) * kElementBytes;
  const Schedule& schedule = schedules_[wiring_.lane(lane).rank];
  for (uint32_t chunk = 0; chunk < schedule.chunks; ++chunk) {
    const Piece piece = layout_.piece(chunk, lanes_[lane].walk.pass());
    if (offset >= piece.offset && offset < piece.offset + piece.bytes)
      return fmt::format("{} {}", name_of(ref.buffer), chunk);
  }
  WEFT_ASSERT(false);
  return {};
}

template <typename... Args>
bool AbstractRun::fail(Flaw flaw, uint32_t lane, fmt::format_string<Args...> text, Args&&... args) {
  flaw_ = flaw;
  text_ = place_of(lane, move_number(lane)) + ": " + fmt::format(text, std::forward<Args>(args)...);
  return false;
}

}  // namespace weft
