// An oracle that owes nothing to the verifier: runs the schedules of all ranks on real integers, one small move at a
// time, in an order drawn at random, and looks at what comes out.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "schedule/contract.h"
#include "schedule/layout.h"
#include "schedule/step.h"
#include "schedule/trace.h"
#include "schedule/verify.h"

namespace weft::test {

// Two results of every element: `sum` is exact whatever the order of the additions, `ordered` differs when it differs.
struct Number {
  uint64_t sum = 0, ordered = 0;
  bool operator==(const Number&) const = default;
};

// The slots of one lane, in order, with everything looked up.
struct SlotPlan {
  struct Element {
    int64_t source = -1, target = -1;  // places in the rank's memory
  };
  std::vector<size_t> recv, send;  // connections
  std::vector<Element> elements;
  int source_at = 0;
  bool has_source = false, posts = false;
  size_t wait_lane = 0, wait_slots = 0;  // how many slots that lane must have finished; 0: no wait
};

class Interleaving {
 public:
  // The form of the schedules is checked.
  Interleaving(std::span<const Schedule> schedules, const Contract& contract, const Setting& setting);
  // Empty if everything came out right, or what went wrong. All orders must give the same bits.
  std::string run(Random& random);

 private:
  struct Lane {
    std::vector<SlotPlan> slots;
    size_t rank = 0;
    size_t finished = 0;  // slots
    // of the slot under way: how far it is, and what it holds
    size_t phase = 0;
    std::vector<std::vector<Number>> taken;
    std::vector<Number> results;
  };
  struct Connection {
    std::vector<std::vector<Number>> slots;  // of the whole run; the first `taken` are given back
    size_t taken = 0, opened = 0;
  };

  Layout layout_of(size_t rank) const {
    return Layout(setting_.block_bytes, contract_.blocks, schedules_[rank].chunks, setting_.pass_bytes);
  }
  void plan_lane(size_t rank, size_t lane);
  void plan_move(size_t rank, const ExpandedMove& move, uint32_t pass, std::vector<SlotPlan>& slots);
  std::vector<SlotPlan::Element> elements_of(size_t rank, const ExpandedMove& move, uint32_t pass);
  size_t slots_until(size_t rank, size_t lane, uint32_t pass, uint32_t move, std::optional<size_t> slot) const;
  size_t connection_of(size_t from, size_t to, uint16_t stream);
  int64_t place_of(size_t rank, Buffer buffer, uint32_t chunk, uint64_t element, uint32_t pass);
  void reset();
  bool can_move(const Lane& lane) const;
  void move(Lane& lane);
  void open_slots(Lane& lane, const SlotPlan& slot);
  void fold_element(Lane& lane, const SlotPlan& slot, size_t i);
  std::string judge();
  std::string judge_position(size_t position, bool is_first);

  std::span<const Schedule> schedules_;
  const Contract& contract_;
  const Setting& setting_;
  size_t data_elements_, pass_elements_;
  std::vector<Lane> lanes_;
  std::vector<size_t> first_lane_;
  std::vector<uint64_t> keys_;
  std::vector<Connection> connections_;
  std::vector<std::vector<Number>> memory_;
  std::vector<Number> first_result_;  // of the first run, by rank and position
  std::string wrong_;
};

}  // namespace weft::test
