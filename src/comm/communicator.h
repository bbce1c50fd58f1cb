// One rank's membership in a communicator: who the others are, the engine that runs operations, and the plans in use.
// Owned by its handle. One operation at a time, which comm/api makes sure of; abort and the questions may come from any
// thread.
//
// Room before: comm/api. Room after: exec/engine.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/alive.h"
#include "base/flight_recorder.h"
#include "base/fork.h"
#include "bootstrap/member.h"
#include "bootstrap/membership.h"
#include "bootstrap/unique_id.h"
#include "collectives/machine.h"
#include "comm/endpoint.h"
#include "comm/operation.h"
#include "comm/plan_cache.h"
#include "exec/engine.h"

namespace weft {

class Communicator {
 public:
  // Joins; blocks until all ranks are there or the deadline has passed.
  static Expected<std::unique_ptr<Communicator>> join(const UniqueId& id, int ranks, int rank);
  // Makes a communicator of the ranks that live, in their order; blocks until every one of them has called it, at most
  // as long as joining may take. May be called again after weftNotJoined.
  Expected<std::unique_ptr<Communicator>> shrink();
  // Leaves in good order: the others learn that nothing more comes from here.
  ~Communicator();

  int ranks() const { return ranks_; }
  int rank() const { return rank_; }

  // Runs a collective whose arguments were checked; blocks. Errors of communication stick.
  Status run(const Operation& operation);

  // The first error, without blocking. Any thread.
  Status error() const { return alive_.error(); }
  // Stops a call under way in another thread and tells the peers. Any thread; does not wait for that call.
  void abort();
  // While an exception is being caught that an operation let through: the others wait for what this rank cannot do any
  // more, so all fail. The first error.
  Status give_up();
  // Stops the communicator on all ranks, which can then shrink it. Any thread.
  void revoke();
  // Ranks that died, ascending: the same on all that live, once they have agreed. Any thread.
  RankSet failed_ranks() const { return membership_->failed_ranks(); }
  // How many operations have begun, which is the number of the latest one. Any thread.
  uint32_t operations() const { return sequence_.load(std::memory_order_relaxed); }
  // True in a child after fork: the communicator is the parent's.
  bool forked() const { return forked_since(generation_); }

 private:
  Communicator(std::shared_ptr<Endpoint> endpoint, int ranks, int rank);
  Status set_up(const UniqueId& id, Deadline deadline);
  Status enroll(const UniqueId& id, Deadline deadline);
  Status continue_from(const Communicator& before, const RankSet& failed);
  void refuse_to_continue(const Status& why);
  Deadline join_deadline() const;
  Status make_recorder();
  MembershipRequest membership_request();
  std::vector<CallWords> latest_calls() const;
  Status make_engine();

  PreparedPlan* prepare(const Operation& operation);
  void prepare_work(const Operation& operation, PreparedPlan& prepared) const;
  CallSignature signature(const Operation& operation) const;

  Status explain(Outcome outcome, const Operation& operation, const PreparedPlan& prepared);
  Status verdict(Outcome outcome, const Operation& operation, const PreparedPlan& prepared);
  Status fail(Status status);  // returns the first error
  void report_stuck(std::chrono::milliseconds waited, const Fingerprint& operation,
                    const std::vector<uint32_t>& awaited) const;

  const std::shared_ptr<Endpoint> endpoint_;
  const int ranks_, rank_;
  const uint32_t generation_ = fork_generation();
  uint64_t id_ = 0;
  Secret secret_{};
  Alive alive_;
  Roster roster_;
  std::unique_ptr<Membership> membership_;
  Machine machine_;
  std::string forced_algorithm_;
  std::chrono::nanoseconds time_limit_{0};  // of one operation; 0: none
  std::unique_ptr<FlightRecorder> recorder_;
  std::unique_ptr<Engine> engine_;
  PlanCache plans_;
  std::atomic<uint32_t> sequence_{0};  // of the operation under way, from 1; written by its caller only
};

// For a call in another thread to return after it was told to stop.
inline constexpr std::chrono::milliseconds kAbortGrace{100};

}  // namespace weft
