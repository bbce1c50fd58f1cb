#include "exec/engine.h"

namespace weft {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds kLook{50};           // between two looks at departed peers, limits and who is awaited
constexpr milliseconds kUnreachable{1000};  // ten times what survivors take to agree, at most
constexpr milliseconds kStuckAfter{10000};  // a wait this long is reported, and again after each further one

}  // namespace

Engine::Engine(Ends::Identity self, ConnectionShape shape, std::vector<PeerRoute> routes, Alive& alive,
               Patience patience, WaitReports reports)
    : alive_(alive),
      patience_(patience),
      reports_(std::move(reports)),
      ends_(self, shape, std::move(routes), alive.doorbell()) {}

Engine::~Engine() {
  if (alive_.stopped()) ends_.quarantine();
}

Outcome Engine::run(HostExecutor& executor, const Work& work, std::chrono::nanoseconds time_limit) {
  executor.start(work);
  if (!Waiter(alive_, patience_).poll([&] { return finished(executor); })) return run_patiently(executor, time_limit);
  return progress_ == Progress::failed ? Outcome::refused : Outcome::done;
}

bool Engine::finished(HostExecutor& executor) {
  progress_ = executor.advance();
  return ends_.has_pumps() || progress_ == Progress::busy ? further(executor) : true;
}

// What else can bring an execution forward: connections still to be opened, and streams to be pumped.
bool Engine::further(HostExecutor& executor) {
  if (!executor.plan().is_open()) open_further(executor.plan());
  if (!ends_.has_pumps()) return false;
  if (Status pumped = ends_.pump(); !pumped.ok()) alive_.fail(std::move(pumped));
  // A stream has no thread of its own: what was written must be on its way before the call may return.
  return progress_ == Progress::failed || (progress_ == Progress::done && ends_.drained());
}

void Engine::open_further(Plan& plan) {
  Expected<bool> all = ends_.try_open(plan.schedule().ports);
  if (all) return plan.bind(ends_, *all);
  if (all.error().code() == Code::remote_error && may_have_died()) return;
  alive_.fail(std::move(all.error()));
}

// A peer that cannot be reached may have died, and then the communicator fails when the survivors have agreed, with the
// same names on all of them. Only when nobody says so for long is it what it looks like here.
bool Engine::may_have_died() {
  const auto now = Clock::now();
  if (!unreachable_since_) unreachable_since_ = now;
  return now - *unreachable_since_ < kUnreachable;
}

// The rest of a wait that outlasted the polling: yields and sleeps, and looks up now and then.
Outcome Engine::run_patiently(HostExecutor& executor, std::chrono::nanoseconds time_limit) {
  const auto began = Clock::now();
  const Deadline limit = time_limit.count() > 0 ? Deadline::after(time_limit) : Deadline::never();
  microseconds report_at = kStuckAfter, compare_at = first_look, look = first_look;
  for (;;) {
    const auto result = Waiter(alive_, patience_).until([&] { return finished(executor); }, limit.or_after(look));
    if (result == WaitResult::ready) break;
    if (result == WaitResult::stopped) return Outcome::stopped;
    if (alive_.any_departed()) {
      // What a departed peer sent was there before it was seen to depart: this advance takes all of it.
      if (finished(executor)) break;
      if (waits_for_departed(executor)) return Outcome::departed;
    }
    if (limit.passed()) return Outcome::timeout;
    const auto waited = std::chrono::duration_cast<microseconds>(Clock::now() - began);
    if (waited >= compare_at) {
      compare_at = 4 * waited;
      reports_.long_wait();
    }
    look = std::min<microseconds>(kLook, compare_at);
    reports_.awaiting(executor.awaited_peers());
    if (waited < report_at) continue;
    report_at += kStuckAfter;
    reports_.stuck();
  }
  return progress_ == Progress::failed ? Outcome::refused : Outcome::done;
}

bool Engine::waits_for_departed(HostExecutor& executor) {
  for (const uint32_t rank : executor.awaited_peers()) {
    if (!alive_.has_departed(static_cast<int>(rank))) continue;
    peer_ = rank;
    return true;
  }
  return false;
}

}  // namespace weft
