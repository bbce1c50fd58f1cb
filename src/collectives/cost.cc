#include "collectives/cost.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <vector>

#include "base/assert.h"
#include "schedule/form.h"
#include "schedule/lane_walk.h"
#include "schedule/wiring.h"

namespace weft {
namespace {

// After a few passes the pipeline is full and each further pass adds the same time. Among many ranks fewer passes are
// run: the slots in flight matter less there, and a choice must not take long.
struct PassesRun {
  explicit PassesRun(size_t ranks) : few(ranks <= 16 ? 6 : 2), more(ranks <= 16 ? 10 : 3) {}
  uint32_t few, more;
};

constexpr double kLater = std::numeric_limits<double>::infinity();

// One run in the order of time. A rank is one thread that serves all its lanes, one slot after the other; ranks beyond
// the host's processors share them.
class TimedRun {
 public:
  TimedRun(std::span<const Schedule> schedules, const Layout& layout, const Machine& machine)
      : schedules_(schedules), machine_(machine), wiring_(schedules), rank_free_(schedules.size(), 0.0) {
    connections_.resize(wiring_.connections().size());
    for (uint32_t number = 0; number < wiring_.lane_count(); ++number) {
      const auto [rank, lane] = wiring_.lane(number);
      walks_.emplace_back(schedules[rank], schedules[rank].lanes[lane], layout, machine.slot_bytes);
    }
    finished_at_.resize(walks_.size());
    queued_.resize(walks_.size(), false);
    missing_.resize(walks_.size(), kNobody);
    for (const Schedule& schedule : schedules) credits_ = std::max({credits_, schedule.credits_needed, machine.slots});
    const double share =
        static_cast<double>(std::min<int>(machine.ranks_per_host, static_cast<int>(schedules.size()))) /
        machine.processors;
    crowding_ = std::max(1.0, share);
  }

  double run() {
    for (uint32_t lane = 0; lane < walks_.size(); ++lane) enqueue(lane);
    while (!ready_.empty()) {
      const auto [start, lane] = ready_.top();
      ready_.pop();
      queued_[lane] = false;
      const double now = start_of(lane);
      if (now > start) {
        enqueue(lane);
        continue;
      }
      perform(lane, now);
    }
    for (const LaneWalk& walk : walks_) WEFT_ASSERT(walk.at_end());
    return *std::max_element(rank_free_.begin(), rank_free_.end());
  }

 private:
  struct Traffic {
    std::vector<double> arrivals;  // of all slots sent
    std::vector<double> returns;   // of the credits of all slots taken
    double wire_free = 0;
  };
  struct Ready {
    double start;
    uint32_t lane;
    // The earliest on top; of equals the first lane, so that every rank computes the same.
    bool operator<(const Ready& other) const { return start != other.start ? start > other.start : lane > other.lane; }
  };

  struct Touched {
    uint32_t lane, connection;
  };

  bool is_local(const Wiring::Connection& c) const {
    return c.from_rank / static_cast<uint32_t>(machine_.ranks_per_host) ==
           c.to_rank / static_cast<uint32_t>(machine_.ranks_per_host);
  }
  const LinkRates& link_of(uint32_t connection) const {
    return is_local(wiring_.connections()[connection]) ? machine_.local : machine_.remote;
  }
  // With more ranks than processors a hand-off waits for the others' turns.
  double hop_ns(uint32_t connection) const {
    return link_of(connection).hop_ns + (crowding_ > 1 ? machine_.switch_ns * crowding_ : 0);
  }

  // Visits the connections behind some ports of the current step, until a visit says false.
  template <typename Visit>
  bool each_port(uint32_t lane, uint32_t first, uint32_t count, Visit visit) const {
    const LaneWalk& walk = walks_[lane];
    const uint32_t shift = static_cast<uint32_t>(walk.step().port_stride * static_cast<int64_t>(walk.trip()));
    for (uint32_t i = 0; i < count; ++i) {
      if (!visit(wiring_.connection_at(lane, first + shift + i))) return false;
    }
    return true;
  }

  // When the lane that the current step waits for got there; kLater if it has not yet.
  double waited_until(uint32_t lane) const {
    const LaneWalk& walk = walks_[lane];
    const uint32_t rank = wiring_.lane(lane).rank;
    if (walk.step().wait == Wait::none) return 0;
    const Schedule& schedule = schedules_[rank];
    const auto goal = walk.goal(count_moves(schedule, schedule.lanes[walk.step().wait_lane]));
    if (!goal) return 0;
    const uint32_t other = wiring_.number_of(rank, goal->lane);
    const auto reached = walks_[other].reached(*goal);
    if (!reached) return kLater;
    return *reached > 0 ? finished_at_[other][*reached - 1] : 0;
  }

  // The earliest start of the lane's next slot; kLater if something it needs has not happened yet. A connection that
  // lacks a slot or a credit is noted in `missing_`, so that events on others do not make the lane look again.
  double start_of(uint32_t lane) {
    const LaneWalk& walk = walks_[lane];
    if (walk.at_end()) return kLater;
    const Step& step = walk.step();
    double start = std::max(rank_free_[wiring_.lane(lane).rank], waited_until(lane));
    const auto take = [&](uint32_t connection, bool is_there, double at) {
      if (!is_there) missing_[lane] = connection;
      start = std::max(start, at);
      return is_there;
    };
    missing_[lane] = kNobody;
    const bool all_there =
        each_port(lane, step.recv_first, step.recv_count,
                  [&](uint32_t connection) {
                    const Traffic& traffic = connections_[connection];
                    const bool is_there = traffic.returns.size() < traffic.arrivals.size();
                    return take(connection, is_there, is_there ? traffic.arrivals[traffic.returns.size()] : kLater);
                  }) &&
        each_port(lane, step.send_first, step.send_count, [&](uint32_t connection) {
          const Traffic& traffic = connections_[connection];
          if (traffic.arrivals.size() < credits_) return true;
          const size_t needed = traffic.arrivals.size() - credits_;
          const bool is_there = needed < traffic.returns.size();
          return take(connection, is_there, is_there ? traffic.returns[needed] : kLater);
        });
    return all_there ? start : kLater;
  }

  void enqueue(uint32_t lane) {
    if (queued_[lane]) return;
    const double start = start_of(lane);
    if (start == kLater) return;
    queued_[lane] = true;
    ready_.push({start, lane});
  }

  double work_ns(uint32_t lane) const {
    const LaneWalk& walk = walks_[lane];
    const Step& step = walk.step();
    const double bytes = static_cast<double>(walk.bytes_of_slot());
    const int sources = step.recv_count + (step.source.buffer != Buffer::none ? 1 : 0);
    const int targets = step.send_count + (step.target.buffer != Buffer::none ? 1 : 0);
    double overhead = 0;
    const auto add = [&](uint32_t connection) {
      overhead += link_of(connection).slot_overhead_ns;
      return true;
    };
    each_port(lane, step.recv_first, step.recv_count, add);
    each_port(lane, step.send_first, step.send_count, add);
    return crowding_ * (overhead + bytes * targets / machine_.copy_bytes_per_ns +
                        bytes * (sources - 1) / machine_.reduce_bytes_per_ns);
  }

  void perform(uint32_t lane, double start) {
    LaneWalk& walk = walks_[lane];
    const Step step = walk.step();
    const uint32_t rank = wiring_.lane(lane).rank;
    const double end = start + work_ns(lane);
    std::vector<Touched> touched;
    each_port(lane, step.recv_first, step.recv_count, [&](uint32_t connection) {
      connections_[connection].returns.push_back(end + hop_ns(connection));
      touched.push_back({wiring_.connections()[connection].from_lane, connection});
      return true;
    });
    each_port(lane, step.send_first, step.send_count, [&](uint32_t connection) {
      Traffic& traffic = connections_[connection];
      const LinkRates& link = link_of(connection);
      traffic.wire_free = std::max(traffic.wire_free, end);
      if (link.bytes_per_ns > 0) traffic.wire_free += static_cast<double>(walk.bytes_of_slot()) / link.bytes_per_ns;
      traffic.arrivals.push_back(traffic.wire_free + hop_ns(connection));
      touched.push_back({wiring_.connections()[connection].to_lane, connection});
      return true;
    });
    finished_at_[lane].push_back(end);
    rank_free_[rank] = end;
    walk.finish_slot();
    for (const Touched& other : touched) {
      if (missing_[other.lane] == other.connection) enqueue(other.lane);
    }
    for (uint32_t i = 0; i < schedules_[rank].lanes.size(); ++i) enqueue(wiring_.number_of(rank, i));
  }

  std::span<const Schedule> schedules_;
  const Machine& machine_;
  Wiring wiring_;
  std::vector<double> rank_free_;
  std::vector<LaneWalk> walks_;
  std::vector<std::vector<double>> finished_at_;  // by lane, per slot
  std::vector<Traffic> connections_;
  std::vector<uint8_t> queued_;
  std::vector<uint32_t> missing_;  // by lane
  uint32_t credits_ = 1;
  std::priority_queue<Ready> ready_;
  double crowding_;
};

}  // namespace

double cost_ns(std::span<const Schedule> schedules, uint64_t block_bytes, uint32_t blocks, const Machine& machine) {
  const uint32_t chunks = schedules[0].chunks;
  const auto time_of = [&](const Layout& layout) { return TimedRun(schedules, layout, machine).run(); };
  const Layout layout(block_bytes, blocks, chunks, machine.pass_bytes);
  const PassesRun run(schedules.size());
  if (layout.passes() <= run.more) return time_of(layout);
  const auto time_of_passes = [&](uint32_t passes) {
    return time_of(Layout(machine.pass_bytes * (chunks / blocks) * passes, blocks, chunks, machine.pass_bytes));
  };
  const double few = time_of_passes(run.few), more = time_of_passes(run.more);
  return more + (more - few) / (run.more - run.few) * (layout.passes() - run.more);
}

}  // namespace weft
