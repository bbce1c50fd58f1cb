// Drives the operations of one communicator rank: opens the connections that a plan needs and runs executions to their
// end, in the one wait loop. The calling thread drives it; one thread at a time, which
// comm/communicator makes sure of.
//
// Room before: comm/communicator (plan lookup). Room after: exec/host_executor.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "base/alive.h"
#include "base/wait.h"
#include "exec/ends.h"
#include "exec/host_executor.h"
#include "exec/plan.h"

namespace weft {

enum class Outcome : uint8_t { done, refused, departed, stopped, timeout };

// What the long wait asks its owner now and then; texts are the owner's business.
struct WaitReports {
  std::function<void()> stuck;                                       // every ten seconds
  std::function<void(const std::vector<uint32_t>& ranks)> awaiting;  // those that now hold the operation up
  std::function<void()> long_wait;                                   // it may be that others called something else
};

// How long a wait lasts before its owner is asked to compare calls. Tests shorten it, before any rank waits.
inline std::chrono::microseconds first_look{5000};

class Engine {
 public:
  Engine(Ends::Identity self, ConnectionShape shape, std::vector<PeerRoute> routes, Alive& alive, Patience patience,
         WaitReports reports);

  // After a failure the memory of the connections stays as it is: a peer that has not heard yet may still write there.
  ~Engine();

  // Runs one execution. The first one of a plan opens its connections on the way, because a peer that comes late must
  // not be a failure, and one that runs another plan must be found out by what arrives. refused: executor.refused()
  // tells; departed: peer() has destroyed its communicator and what it never sent is awaited; stopped: the
  // communicator's Alive has the error.
  Outcome run(HostExecutor& executor, const Work& work, std::chrono::nanoseconds time_limit);
  uint32_t peer() const { return peer_; }

  uint32_t slot_bytes() const { return ends_.shape().slot_bytes; }

 private:
  bool finished(HostExecutor& executor);
  bool further(HostExecutor& executor);
  void open_further(Plan& plan);
  bool may_have_died();
  Outcome run_patiently(HostExecutor& executor, std::chrono::nanoseconds time_limit);
  bool waits_for_departed(HostExecutor& executor);

  Alive& alive_;
  const Patience patience_;
  WaitReports reports_;
  Ends ends_;
  Progress progress_ = Progress::busy;
  uint32_t peer_ = 0;
  std::optional<Clock::time_point> unreachable_since_;  // when a connection could first not be opened
};

}  // namespace weft
