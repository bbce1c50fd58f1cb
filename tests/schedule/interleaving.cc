#include "interleaving.h"

#include <algorithm>

namespace weft::test {
namespace {

constexpr Number kRubbish = {0xDEAD, 0xBEEF};

Number input_number(size_t rank, size_t position) {
  const uint64_t number = mix64(rank * 1'000'003 + position);
  return {number, number};
}
Number add(const Number& a, const Number& b) {
  return {a.sum + b.sum, mix64((a.ordered ^ b.ordered) + a.ordered * b.ordered)};  // commutes, does not associate
}
Number last_map(const Number& a) {
  return {a.sum * 5 + 1, mix64(a.ordered)};
}

}  // namespace

Interleaving::Interleaving(std::span<const Schedule> schedules, const Contract& contract, const Setting& setting)
    : schedules_(schedules),
      contract_(contract),
      setting_(setting),
      data_elements_(setting.block_bytes * contract.blocks / kElementBytes),
      pass_elements_(setting.pass_bytes / kElementBytes) {
  for (size_t rank = 0; rank < schedules.size(); ++rank) {
    first_lane_.push_back(lanes_.size());
    for (size_t lane = 0; lane < schedules[rank].lanes.size(); ++lane) {
      lanes_.emplace_back();
      lanes_.back().rank = rank;
    }
  }
  for (size_t rank = 0; rank < schedules.size(); ++rank) {
    for (size_t lane = 0; lane < schedules[rank].lanes.size(); ++lane) plan_lane(rank, lane);
  }
}

size_t Interleaving::connection_of(size_t from, size_t to, uint16_t stream) {
  const uint64_t key = (from << 32) | (to << 16) | stream;
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  const size_t number = static_cast<size_t>(found - keys_.begin());
  if (found == keys_.end()) keys_.push_back(key);
  return number;
}

int64_t Interleaving::place_of(size_t rank, Buffer buffer, uint32_t chunk, uint64_t element, uint32_t pass) {
  if (buffer == Buffer::scratch) return static_cast<int64_t>(2 * data_elements_ + chunk * pass_elements_ + element);
  const uint64_t at = layout_of(rank).piece(chunk, pass).offset / kElementBytes + element;
  const auto block = static_cast<uint32_t>(at / (data_elements_ / contract_.blocks));
  const BlockRange& owned = buffer == Buffer::input ? contract_.before[rank] : contract_.after[rank];
  if (!owned.has(block)) wrong_ = "touches memory that the rank does not have";
  return static_cast<int64_t>(buffer == Buffer::output && !setting_.in_place ? data_elements_ + at : at);
}

// How many slots a lane of a rank has done when it has done its moves before `move` of `pass`, and then `slot` and
// those before it of that move, or all of them.
size_t Interleaving::slots_until(size_t rank, size_t lane, uint32_t pass, uint32_t move,
                                 std::optional<size_t> slot) const {
  size_t before = 0, inside = 0;
  for (const SlotEvent& event :
       trace(schedules_[rank], schedules_[rank].lanes[lane], layout_of(rank), setting_.slot_bytes)) {
    before += event.pass < pass || (event.pass == pass && event.move < move);
    inside += event.pass == pass && event.move == move;
  }
  return before + (slot ? std::min(inside, *slot + 1) : inside);
}

std::vector<SlotPlan::Element> Interleaving::elements_of(size_t rank, const ExpandedMove& move, uint32_t pass) {
  const Layout layout = layout_of(rank);
  std::vector<SlotPlan::Element> elements;
  const auto lay = [&](const Ref& ref, const std::vector<uint32_t>& chunks, int64_t SlotPlan::Element::*place) {
    size_t at = 0;
    for (const uint32_t chunk : chunks) {
      const uint64_t count = layout.piece(chunk % schedules_[rank].chunks, pass).bytes / kElementBytes;
      for (uint64_t i = 0; i < count; ++i, ++at) {
        if (at == elements.size()) elements.emplace_back();
        elements[at].*place = place_of(rank, ref.buffer, chunk, i, pass);
      }
    }
    if (!chunks.empty() && at != elements.size()) wrong_ = "source and target differ in length";
  };
  lay(move.step.source, move.source_chunks, &SlotPlan::Element::source);
  lay(move.step.target, move.target_chunks, &SlotPlan::Element::target);
  return elements;
}

void Interleaving::plan_move(size_t rank, const ExpandedMove& move, uint32_t pass, std::vector<SlotPlan>& slots) {
  const std::vector<SlotPlan::Element> elements = elements_of(rank, move, pass);
  const size_t slot_elements = setting_.slot_bytes / kElementBytes;
  for (size_t first = 0; first < elements.size(); first += slot_elements) {
    SlotPlan slot;
    const size_t end = std::min(elements.size(), first + slot_elements);
    slot.elements.assign(elements.begin() + static_cast<int64_t>(first), elements.begin() + static_cast<int64_t>(end));
    for (const Port& port : move.recv) slot.recv.push_back(connection_of(port.peer, rank, port.stream));
    for (const Port& port : move.send) slot.send.push_back(connection_of(rank, port.peer, port.stream));
    slot.source_at = move.step.source_at;
    slot.has_source = move.step.source.buffer != Buffer::none;
    slot.posts = (move.step.flags & kPostOp) != 0;
    const Wait wait = move.step.wait;
    if (wait != Wait::none && (wait != Wait::back || pass > 0)) {
      slot.wait_lane = first_lane_[rank] + move.step.wait_lane;
      const auto my_slot = wait == Wait::slot ? std::optional(first / slot_elements) : std::nullopt;
      const uint32_t waited_pass = wait == Wait::back ? pass - 1 : pass;
      slot.wait_slots = slots_until(rank, move.step.wait_lane, waited_pass, move.step.wait_step, my_slot);
    }
    slots.push_back(std::move(slot));
  }
}

void Interleaving::plan_lane(size_t rank, size_t lane) {
  const std::vector<ExpandedMove> moves = expand(schedules_[rank], schedules_[rank].lanes[lane]);
  for (uint32_t pass = 0; pass < layout_of(rank).passes(); ++pass) {
    for (const ExpandedMove& move : moves) plan_move(rank, move, pass, lanes_[first_lane_[rank] + lane].slots);
  }
}

void Interleaving::reset() {
  connections_.assign(keys_.size(), {});
  memory_.resize(schedules_.size());
  for (size_t rank = 0; rank < schedules_.size(); ++rank) {
    memory_[rank].assign(2 * data_elements_ + schedules_[rank].scratch_chunks * pass_elements_, kRubbish);
    const size_t block = data_elements_ / contract_.blocks;
    const BlockRange& owned = contract_.before[rank];
    for (size_t i = owned.first * block; i < (owned.first + owned.count) * block; ++i)
      memory_[rank][i] = input_number(rank, i);
  }
  for (Lane& lane : lanes_) lane.finished = lane.phase = 0;
}

bool Interleaving::can_move(const Lane& lane) const {
  if (lane.finished == lane.slots.size()) return false;
  if (lane.phase > 0) return true;
  const SlotPlan& slot = lane.slots[lane.finished];
  if (slot.wait_slots > 0 && lanes_[slot.wait_lane].finished < slot.wait_slots) return false;
  for (const size_t number : slot.recv) {
    if (connections_[number].opened == connections_[number].slots.size()) return false;
  }
  for (const size_t number : slot.send) {
    if (connections_[number].slots.size() - connections_[number].taken == setting_.credits) return false;
  }
  return true;
}

// Phase 0 opens the slots received; then two phases for each element, one that reads and folds, one that writes; the
// last phase gives the slots back, sends, and counts the slot as finished.
void Interleaving::move(Lane& lane) {
  const SlotPlan& slot = lane.slots[lane.finished];
  if (lane.phase == 0) {
    open_slots(lane, slot);
  } else if (lane.phase > 2 * slot.elements.size()) {
    for (const size_t number : slot.recv) ++connections_[number].taken;
    for (const size_t number : slot.send) connections_[number].slots.push_back(lane.results);
    ++lane.finished;
    lane.phase = 0;
    return;
  } else if (lane.phase % 2 == 1) {
    fold_element(lane, slot, (lane.phase - 1) / 2);
  } else if (slot.elements[(lane.phase - 1) / 2].target >= 0) {
    const size_t i = (lane.phase - 1) / 2;
    memory_[lane.rank][static_cast<size_t>(slot.elements[i].target)] = lane.results[i];
  }
  ++lane.phase;
}

void Interleaving::open_slots(Lane& lane, const SlotPlan& slot) {
  lane.taken.clear();
  lane.results.assign(slot.elements.size(), {});
  for (const size_t number : slot.recv) {
    lane.taken.push_back(connections_[number].slots[connections_[number].opened++]);
    if (lane.taken.back().size() != slot.elements.size()) wrong_ = "a slot of another length";
    lane.taken.back().resize(slot.elements.size());
  }
}

void Interleaving::fold_element(Lane& lane, const SlotPlan& slot, size_t i) {
  std::vector<Number> parts;
  for (const std::vector<Number>& taken : lane.taken) parts.push_back(taken[i]);
  if (slot.has_source) {
    parts.insert(parts.begin() + slot.source_at, memory_[lane.rank][static_cast<size_t>(slot.elements[i].source)]);
  }
  Number result = parts[0];
  for (size_t part = 1; part < parts.size(); ++part) result = add(result, parts[part]);
  lane.results[i] = slot.posts ? last_map(result) : result;
}

std::string Interleaving::run(Random& random) {
  reset();
  while (wrong_.empty()) {
    const size_t start = random.below(lanes_.size());
    size_t at = 0;
    while (at < lanes_.size() && !can_move(lanes_[(start + at) % lanes_.size()])) ++at;
    if (at == lanes_.size()) break;
    move(lanes_[(start + at) % lanes_.size()]);
  }
  return wrong_.empty() ? judge() : wrong_;
}

std::string Interleaving::judge() {
  for (const Lane& lane : lanes_) {
    if (lane.finished != lane.slots.size()) return "stalls";
  }
  for (const Connection& connection : connections_) {
    if (connection.taken != connection.slots.size()) return "leaves slots behind";
  }
  const bool is_first = first_result_.empty();
  first_result_.resize(schedules_.size() * data_elements_);
  for (size_t position = 0; position < data_elements_; ++position) {
    std::string wrong = judge_position(position, is_first);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

std::string Interleaving::judge_position(size_t position, bool is_first) {
  const auto block = static_cast<uint32_t>(position / (data_elements_ / contract_.blocks));
  uint64_t due = 0;
  for (size_t rank = 0; contract_.reduces && rank < schedules_.size(); ++rank) due += input_number(rank, position).sum;
  due = contract_.reduces ? last_map({due, 0}).sum : input_number(contract_.owners[block], position).sum;
  const Number* other = nullptr;
  for (size_t rank = 0; rank < schedules_.size(); ++rank) {
    if (!contract_.after[rank].has(block)) continue;
    const Number& number = memory_[rank][(setting_.in_place ? 0 : data_elements_) + position];
    if (number.sum != due) return "gives a wrong value";
    if (other != nullptr && other->ordered != number.ordered) return "gives ranks different bits";
    Number& first = first_result_[rank * data_elements_ + position];
    if (is_first) first = number;
    if (first != number) return "gives different bits in different orders of events";
    other = &number;
  }
  return {};
}

}  // namespace weft::test
