#include "mutants.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace weft::test {
namespace {

// Makes the mutants of one step of one rank.
class Mutator {
 public:
  Mutator(const std::vector<Schedule>& schedules, uint32_t rank, uint32_t lane, uint32_t step, uint32_t trips,
          std::vector<Mutant>& mutants)
      : schedules_(schedules), rank_(rank), lane_(lane), step_(step), trips_(trips), mutants_(mutants) {}

  void mutate() {
    const Step& step = at(schedules_[rank_]);
    if (step.op == Op::loop) {
      change(MutantKind::count, "one trip more", [](Step& s) { ++s.wait_step; });
      change(MutantKind::count, "one trip less", [](Step& s) { --s.wait_step; });
      return;
    }
    for (Ref Step::*ref : {&Step::source, &Step::target}) mutate_ref(ref);
    change(MutantKind::count, "one chunk more", [](Step& s) { ++s.count; });
    if (step.source.buffer != Buffer::none && step.recv_count > 0) {
      for (int place = 0; place <= step.recv_count; ++place) {
        if (place == step.source_at) continue;
        change(MutantKind::source_at, fmt::format("source behind {} ports", place),
               [&](Step& s) { s.source_at = static_cast<uint8_t>(place); });
      }
    }
    mutate_ports();
    mutate_waits();
    mutate_order();
    mutate_target();
  }

 private:
  Step& at(Schedule& schedule) const { return schedule.steps[schedule.lanes[lane_].first_step + step_]; }
  const Step& at(const Schedule& schedule) const { return schedule.steps[schedule.lanes[lane_].first_step + step_]; }

  void change_schedule(MutantKind kind, std::string what, const std::function<void(Schedule&)>& mistake) {
    Mutant mutant = {kind, rank_, lane_, step_, std::move(what), schedules_};
    mistake(mutant.schedules[rank_]);
    mutants_.push_back(std::move(mutant));
  }
  void change(MutantKind kind, std::string what, const std::function<void(Step&)>& mistake) {
    change_schedule(kind, std::move(what), [&](Schedule& schedule) { mistake(at(schedule)); });
  }

  void mutate_ref(Ref Step::*ref) {
    const Schedule& schedule = schedules_[rank_];
    if ((at(schedule).*ref).buffer == Buffer::none) return;
    for (uint32_t shift = 1; shift < std::min(schedule.chunks, 3u); ++shift) {
      change(MutantKind::chunk, fmt::format("{} {} chunks on", ref == &Step::source ? "source" : "target", shift),
             [&](Step& s) { (s.*ref).chunk = ((s.*ref).chunk + shift) % schedule.chunks; });
    }
    if (trips_ < 2) return;  // elsewhere a stride means nothing
    for (const int16_t shift : {int16_t{-1}, int16_t{1}, int16_t{2}}) {
      change(MutantKind::stride, fmt::format("{} stride {:+}", ref == &Step::source ? "source" : "target", shift),
             [&](Step& s) { (s.*ref).stride = static_cast<int16_t>((s.*ref).stride + shift); });
    }
  }

  void mutate_ports() {
    const Lane& lane = schedules_[rank_].lanes[lane_];
    for (uint32_t port = 0; port + 1 < lane.port_count; ++port) {
      if (step_ != 0) break;  // ports belong to the lane: once is enough
      change_schedule(MutantKind::port_order, fmt::format("ports {} and {} swapped", port, port + 1), [&](Schedule& s) {
        std::swap(s.ports[lane.first_port + port], s.ports[lane.first_port + port + 1]);
      });
    }
    if (at(schedules_[rank_]).recv_count > 0) {
      change(MutantKind::port_order, "receives from the next port", [](Step& s) { ++s.recv_first; });
    }
    if (at(schedules_[rank_]).send_count > 0) {
      change(MutantKind::port_order, "sends to the next port", [](Step& s) { ++s.send_first; });
    }
  }

  void mutate_waits() {
    const Step& step = at(schedules_[rank_]);
    if (step.wait == Wait::none) return;
    change(MutantKind::wait, "no wait", [](Step& s) {
      s.wait = Wait::none;
      s.wait_lane = 0;
      s.wait_step = 0;
    });
    change(MutantKind::wait, "waits for the last pass", [](Step& s) { s.wait = Wait::back; });
    change(MutantKind::wait, "waits for the whole step", [](Step& s) { s.wait = Wait::step; });
    change(MutantKind::wait_step, "waits for the next step", [](Step& s) { ++s.wait_step; });
    if (step.wait_step > 0) change(MutantKind::wait_step, "waits for the step before", [](Step& s) { --s.wait_step; });
    change(MutantKind::wait_step, "waits for another lane", [&](Step& s) { s.wait_lane = s.wait_lane == 0 ? 1 : 0; });
  }

  // Moves the steps of later lanes along, and keeps the body of a loop as long as it is.
  void resize(Schedule& schedule, int by) {
    for (uint32_t i = 0; i < step_; ++i) {
      Step& header = schedule.steps[schedule.lanes[lane_].first_step + i];
      if (header.op == Op::loop && i + header.count >= step_) header.count += static_cast<uint32_t>(by);
    }
    schedule.lanes[lane_].step_count += static_cast<uint32_t>(by);
    for (uint32_t lane = lane_ + 1; lane < schedule.lanes.size(); ++lane) {
      schedule.lanes[lane].first_step += static_cast<uint32_t>(by);
    }
  }

  void mutate_order() {
    const uint32_t place = schedules_[rank_].lanes[lane_].first_step + step_;
    change_schedule(MutantKind::lost_step, "lost", [&](Schedule& s) {
      resize(s, -1);
      s.steps.erase(s.steps.begin() + place);
    });
    change_schedule(MutantKind::doubled_step, "doubled", [&](Schedule& s) {
      const Step twin = s.steps[place];
      resize(s, 1);
      s.steps.insert(s.steps.begin() + place, twin);
    });
  }

  void mutate_target() {
    const Step& step = at(schedules_[rank_]);
    if (step.target.buffer == Buffer::none) return;
    change_schedule(MutantKind::target_buffer, "writes scratch", [&](Schedule& s) {
      s.scratch_chunks = s.chunks;
      at(s).target.buffer = Buffer::scratch;
    });
    change(MutantKind::target_buffer, "writes the input", [](Step& s) { s.target.buffer = Buffer::input; });
    if (step.send_count > 0) change(MutantKind::target_buffer, "writes nothing", [](Step& s) { s.target = {}; });
  }

  const std::vector<Schedule>& schedules_;
  uint32_t rank_, lane_, step_;
  uint32_t trips_;  // of the loop around the step; 1 outside loops
  std::vector<Mutant>& mutants_;
};

}  // namespace

std::vector<Mutant> mutants_of(const std::vector<Schedule>& schedules) {
  std::vector<Mutant> mutants;
  for (uint32_t rank = 0; rank < schedules.size(); ++rank) {
    for (uint32_t lane = 0; lane < schedules[rank].lanes.size(); ++lane) {
      uint32_t trips = 1, body_left = 0;
      for (uint32_t i = 0; i < schedules[rank].lanes[lane].step_count; ++i) {
        Mutator(schedules, rank, lane, i, body_left > 0 ? trips : 1, mutants).mutate();
        const Step& step = schedules[rank].steps[schedules[rank].lanes[lane].first_step + i];
        body_left -= body_left > 0;
        if (step.op == Op::loop) {
          trips = step.wait_step;
          body_left = step.count;
        }
      }
    }
  }
  return mutants;
}

}  // namespace weft::test
