// One run of a whole collective on abstract values: the machine inside the verifier. Single-threaded; used once.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "schedule/lane_walk.h"
#include "schedule/layout.h"
#include "schedule/ordering.h"
#include "schedule/value.h"
#include "schedule/verify.h"
#include "schedule/wiring.h"

namespace weft {

class AbstractRun {
 public:
  // The form of the schedules is checked. All four outlive the run.
  AbstractRun(std::span<const Schedule> schedules, const Contract& contract, const Setting& setting,
              const Layout& layout);

  // Until all lanes have ended, nothing moves any more, or something is wrong.
  void run();
  Flaw flaw() const { return flaw_; }
  const std::string& text() const { return text_; }

  // Afterwards: the element at a position of a rank's output, and what a rank sent.
  const Value& output(uint32_t rank, uint32_t position) const { return memory_[rank].values[output_cell(position)]; }
  uint64_t sent_bytes(uint32_t rank) const { return sent_bytes_[rank]; }

 private:
  // Where one element of a move's payload lies at this rank, and its place in the layout, which both ends must agree
  // on.
  struct Element {
    uint32_t source = kNowhere, target = kNowhere;  // cells; kNowhere: the move has no such side
    uint32_t chunk = 0, offset = 0;                 // the chunk of a block, the element in it
  };
  struct Slot {
    struct Entry {
      uint32_t chunk, offset;
      Value value;
    };
    std::vector<Entry> entries;
    Stamp stamp;
  };
  struct Connection {
    uint32_t sent = 0, taken = 0;
  };
  struct Memory {
    std::vector<Value> values;
    AccessLog log;
  };
  struct LaneRun {
    LaneWalk walk;
    uint32_t moves;  // in a pass
    bool keeps_history;
    uint32_t laid_out = kNowhere;   // the move (through all passes) that `elements` belongs to
    std::vector<Element> elements;  // of its whole payload
    std::vector<Stamp> history;     // per slot finished, for those who wait for this lane; else empty
  };

  uint32_t output_cell(uint32_t position) const { return setting_.in_place ? position : data_elements_ + position; }
  std::shared_ptr<Slot>& slot_of(uint32_t connection, uint32_t number) {
    return slots_[static_cast<size_t>(connection) * setting_.credits + number % setting_.credits];
  }
  void fill_inputs();
  bool may_start(uint32_t lane);
  bool has_waited(uint32_t lane);
  void perform(uint32_t lane);
  bool lay_out(uint32_t lane);
  bool lay_out_side(uint32_t lane, const Ref& ref, uint32_t Element::*cell);
  bool gather(uint32_t lane, const Element& element, size_t place, Value& result);
  bool touch(uint32_t lane, const Ref& ref, uint32_t cell, bool writes);
  void report_stall();
  void report_leftovers();
  std::string place_of(uint32_t lane, uint32_t move) const;
  std::string describe(uint32_t lane, const Ref& ref, uint32_t cell) const;
  std::string what_lacks(uint32_t lane);
  template <typename... Args>
  bool fail(Flaw flaw, uint32_t lane, fmt::format_string<Args...> text, Args&&... args);
  uint32_t move_number(uint32_t lane) const {
    return lanes_[lane].walk.pass() * lanes_[lane].moves + lanes_[lane].walk.index();
  }

  std::span<const Schedule> schedules_;
  const Contract& contract_;
  const Setting& setting_;
  const Layout& layout_;
  Wiring wiring_;
  Ordering ordering_;
  uint32_t data_elements_, pass_elements_;
  std::deque<LaneRun> lanes_;
  std::vector<Connection> connections_;
  std::vector<std::shared_ptr<Slot>> slots_;  // shared: a fan-out puts one slot into many connections
  std::vector<Memory> memory_;                // by rank
  std::vector<uint64_t> sent_bytes_;          // by rank
  std::vector<std::shared_ptr<Slot>> taken_;  // by the slot under way, in port order
  std::vector<const Value*> parts_;
  Flaw flaw_ = Flaw::none;
  std::string text_;
};

}  // namespace weft
