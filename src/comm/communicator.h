// One rank's membership in a communicator: who the others are, the engine that runs operations, and the plans in use.
// Owned by its handle. One operation at a time, which comm/api makes sure of; abort and the questions may come from any
// thread.
//
// Room before: comm/api. Room after: exec/engine.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/alive.h"
#include "base/flight_recorder.h"
#include "base/fork.h"
#include "bootstrap/member.h"
#include "bootstrap/membership.h"
#include "bootstrap/succession.h"
#include "bootstrap/unique_id.h"
#include "collectives/machine.h"
#include "comm/endpoint.h"
#include "comm/operation.h"
#include "comm/plan_cache.h"
#include "comm/settings.h"
#include "exec/engine.h"

namespace weft {

// What ranks tell each other when they split, and when they grow.
struct SplitWish {
  int32_t color, key;
};
struct GrowWish {
  int32_t ranks;  // that the grown communicator is to have
  int32_t has_id;
  UniqueIdBytes id;
};

class Communicator {
 public:
  // Joins; blocks until all ranks are there or the deadline has passed.
  // `watched`: gives up as soon as that has stopped.
  static Expected<std::unique_ptr<Communicator>> join(const UniqueId& id, int ranks, int rank, Settings settings,
                                                      const Alive* watched = nullptr);

  // communicator_children.cc: others made from this one, which stays as it is. All block, at most as long as setting up
  // may take.
  // One of the ranks that live, in their order; every one of them has to call it. May be called again after
  // weftNotJoined.
  Expected<std::unique_ptr<Communicator>> shrink();
  // One of the ranks with this color that live, ordered by key; null with kNoColor.
  Expected<std::unique_ptr<Communicator>> split(int color, int key, const Settings& settings);
  // One of these ranks and new ones, who join with the id that exactly one rank brings.
  Expected<std::unique_ptr<Communicator>> grow(int ranks, const UniqueIdBytes* id, const Settings& settings);
  static constexpr int kNoColor = -1;
  // The id with which new ranks join in grow. It is good for one grow; a further one replaces it. Any thread.
  Expected<UniqueId> draw_admission();
  // Leaves in good order: the others learn that nothing more comes from here.
  ~Communicator();

  int ranks() const { return ranks_; }
  int rank() const { return rank_; }
  const Settings& settings() const { return settings_; }

  // Runs a collective whose arguments were checked; blocks. Errors of communication stick.
  Status run(const Operation& operation);
  // communicator_survivors.cc: an all_reduce that leaves out whoever dies. Whose input is in the result, ascending.
  Expected<RankSet> all_reduce_among_survivors(const Operation& operation);

  // The first error, without blocking. Any thread.
  Status error() const { return alive_.error(); }
  Cause cause() const { return alive_.cause(); }
  Status named_error() const;  // the same, its text beginning with the communicator's name, if it has one
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
  Communicator(std::shared_ptr<Endpoint> endpoint, int ranks, int rank, Settings settings);
  Status set_up(const UniqueId& id, Deadline deadline, const Alive* watched);
  Status enroll(const UniqueId& id, Deadline deadline, const Alive* watched);
  Expected<std::unique_ptr<Communicator>> make_child(Successor next, Settings settings);
  Status continue_from(const Communicator& before, Successor next);
  void refuse_to_continue(const Status& why);
  template <typename T>
  Expected<std::vector<T>> exchange(const T& mine, CallClass call_class, Deadline deadline);
  Expected<std::unique_ptr<Communicator>> grow_with(const GrowWish& mine, const Settings& settings, Deadline deadline);
  Status make_part(const SplitWish& wish, const Settings& settings, Deadline deadline,
                   std::unique_ptr<Communicator>& part);

  Status among_survivors(Deadline deadline, const std::function<Status(Communicator& left)>& attempt);
  Expected<RankSet> agree_on_survivors(Deadline deadline);
  Status agree_that_all_live(Deadline deadline);
  Status make_recorder();
  MembershipRequest membership_request();
  CallSource call_source() const;
  std::vector<CallWords> calls_around(uint32_t number) const;
  RankPlace place() const;
  Status make_engine();

  PreparedPlan* prepare(const Operation& operation);
  void prepare_work(const Operation& operation, PreparedPlan& prepared) const;
  CallSignature signature(const Operation& operation) const;
  std::chrono::nanoseconds limit_of(const Operation& call) const { return call.time_limit.value_or(call_limit_); }

  Status run_empty(const Operation& operation);
  Status explain(Outcome outcome, const Operation& operation, const PreparedPlan& prepared);
  Status verdict(Outcome outcome, const Operation& operation, const PreparedPlan& prepared);
  Status refuse(const Refused& refused, const CallSignature& call);
  Status time_out(const CallSignature& call, std::chrono::nanoseconds limit);
  Status fail(Status status, Cause cause = Cause::none);  // returns the first error

  const std::shared_ptr<Endpoint> endpoint_;
  const int ranks_, rank_;
  const Settings settings_;
  const std::chrono::nanoseconds call_limit_ = settings_.call_limit;
  const uint32_t generation_ = fork_generation();
  uint64_t id_ = 0;
  Secret secret_{};
  Alive alive_;
  Roster roster_;
  std::unique_ptr<Membership> membership_;
  Machine machine_;
  std::string forced_algorithm_;
  std::unique_ptr<FlightRecorder> recorder_;
  std::unique_ptr<Engine> engine_;
  PlanCache plans_;
  std::atomic<uint32_t> sequence_{0};  // of the operation under way, from 1; written by its caller only
  std::atomic<uint64_t> caller_{0};    // the thread that made the latest operation

  std::atomic<uint64_t> admission_{0};  // the root that listens for new ranks; 0: none

  // Where operations that survive deaths go on after one: a child, and its ranks as they are numbered here.
  std::unique_ptr<Communicator> survivors_;
  std::vector<int> survivor_ranks_;
};

// For a call in another thread to return after it was told to stop.
inline constexpr std::chrono::milliseconds kAbortGrace{100};

}  // namespace weft
