// How a local rank takes its seat, comes together with the others of its communicator and shrinks it, on the thread of
// its caller.
#include <algorithm>

#include "base/contain.h"
#include "bootstrap/control.h"
#include "bootstrap/hello.h"
#include "bootstrap/host.h"
#include "bootstrap/knock.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
constexpr int64_t kFirstPauseMs = 1, kLongestPauseMs = 50;  // between two attempts: doubled each time
constexpr int64_t kDiagnosisTickMs = 100;
constexpr int64_t kTickMs = 10;  // how often a rank that shrinks says for whom it waits

Door door_of(const Member& peer) {
  return peer.host_identity == host_identity() ? Door{peer.control_name, {}} : Door{"", peer.control_tcp};
}

Failure gone(const Member& peer) {
  return error(Code::remote_error,
               "{} died or gave up while the communicator was set up: nobody listens at {} any more", describe(peer),
               door_of(peer).text());
}

Failure late(const Seat& seat) {
  const std::vector<int> absent = seat.absent_ranks();
  return error(
      Code::not_joined,
      "{} {} joined but did not get in touch with {} in time. Check that hosts can open TCP connections to each other "
      "(WEFT_IFACE chooses the network); WEFT_INIT_TIMEOUT sets how many seconds to wait",
      absent.size() == 1 ? "rank" : "ranks", rank_ranges(absent), describe(seat.member(seat.rank)));
}

Failure not_agreed(Subject subject, const RankSet& awaited) {
  if (subject == Subject::shrink) {
    return error(Code::not_joined,
                 "weftCommShrink waits for rank {}: every rank that lives must call it; call it again to go on waiting",
                 rank_ranges(awaited));
  }
  return error(Code::not_joined, "rank {} did not come to the same call in time: every rank that lives must make it",
               rank_ranges(awaited));
}

}  // namespace

Status Control::enter(Seat& seat) {
  std::lock_guard lock(mutex_);
  WEFT_TRY(switchboard_->enter(seat));
  carry_out();
  return {};
}

Status Control::enter_together(Seat& seat) {
  std::lock_guard lock(mutex_);
  WEFT_TRY(switchboard_->enter_together(seat, Clock::now()));
  carry_out();
  return {};
}

void Control::leave(Seat& seat) {
  std::lock_guard lock(mutex_);
  switchboard_->leave(seat, Clock::now());
  carry_out();
}

void Control::exit(Seat& seat) {
  std::lock_guard lock(mutex_);
  switchboard_->exit(seat);
}

Status Control::bring_together(Seat& seat, Deadline deadline) {
  Gathering gathering(*switchboard_, seat);
  for (int64_t pause_ms = kFirstPauseMs;; pause_ms = std::min(2 * pause_ms, kLongestPauseMs)) {
    for (Gathering::Approach& approach : gathering.approaches()) {
      Status nearer = run_errand(gathering, approach, seat, deadline);
      if (!nearer.ok()) return seat.alive->stopped() ? seat.alive->error() : std::move(nearer);
    }
    std::unique_lock lock(mutex_);
    if (seat.alive->stopped()) return seat.alive->error();
    if (gathering.complete()) return {};
    if (deadline.passed()) return late(seat);
    const uint64_t changes = switchboard_->link_changes();
    changed_.wait_for(lock, milliseconds(deadline.left_ms(pause_ms)), [&] {
      return seat.alive->stopped() || switchboard_->link_changes() != changes || gathering.complete();
    });
  }
}

// One step towards a process.
Status Control::run_errand(Gathering& gathering, Gathering::Approach& approach, const Seat& seat, Deadline deadline) {
  auto errand = Gathering::Errand::none;
  {
    std::lock_guard lock(mutex_);
    errand = gathering.approach(approach, Clock::now());
    carry_out();
  }
  const Member& peer = *approach.peer;
  if (errand == Gathering::Errand::look && !is_listening(door_of(peer), deadline)) return gone(peer);
  if (errand != Gathering::Errand::connect) return {};
  Status connected = contain([&] { return connect(seat, peer, deadline); });
  std::lock_guard lock(mutex_);
  gathering.connected(approach);
  carry_out();
  return connected;
}

// Success does not mean connected: the peer may not have its seat yet and turn this process away like any stranger.
Status Control::connect(const Seat& seat, const Member& peer, Deadline deadline) {
  Hello hello;
  hello.purpose = Purpose::link;
  hello.communicator = seat.key.communicator;
  hello.process = self_;
  auto knocked = knock(door_of(peer), hello, seat.secret, deadline);
  if (!knocked && knocked.error().failure == KnockFailure::absent) return gone(peer);
  if (!knocked && knocked.error().failure == KnockFailure::secret) {
    return error(Code::remote_error, "{} could not be linked: {}", describe(peer), knocked.error().text);
  }
  if (!knocked) return {};
  if (knocked->theirs.process != peer.process) return gone(peer);
  std::lock_guard lock(mutex_);
  if (find_link(peer.process) == nullptr) adopt(peer.process, std::move(knocked->fd), knocked->local, knocked->pid);
  carry_out();
  return {};
}

Expected<RankSet> Control::agree(Seat& seat, Subject subject, size_t taken, Deadline deadline) {
  std::unique_lock lock(mutex_);
  switchboard_->call(seat, subject, taken);
  for (;;) {
    carry_out();
    if (auto decided = Switchboard::decided(seat, subject, taken)) return std::move(*decided);
    const RankSet awaited = seat.agreement(subject).awaited();
    if (deadline.passed()) return not_agreed(subject, awaited);
    // A failure that is no death is told to all, and no survivors are agreed upon any more.
    if (subject == Subject::survivors && seat.alive->stopped() && seat.alive->error().code() != Code::remote_error)
      return failure_of(seat.alive->error());
    switchboard_->wait_for(seat, awaited, Clock::now());
    carry_out();
    changed_.wait_for(lock, milliseconds(deadline.left_ms(kTickMs)));
  }
}

RankSet Control::failed_ranks(const Seat& seat) const {
  std::lock_guard lock(mutex_);
  return Switchboard::failed_ranks(seat);
}

void Control::wait_for(const Seat& seat, std::span<const int> ranks) {
  std::lock_guard lock(mutex_);
  switchboard_->wait_for(seat, ranks, Clock::now());
  carry_out();
}

void Control::tell_calls(Seat& seat, uint32_t around, CallsNews::Kind kind) {
  std::lock_guard lock(mutex_);
  switchboard_->tell_calls(seat, around, kind, Clock::now());
  carry_out();
}

std::optional<Diagnosis> Control::diagnose(Seat& seat, Deadline deadline) {
  std::unique_lock lock(mutex_);
  const uint64_t before = seat.watch.diagnoses;
  switchboard_->tell_calls(seat, 0, CallsNews::Kind::waiting, Clock::now());
  carry_out();
  while (seat.watch.diagnoses == before && !seat.alive->stopped() && !deadline.passed())
    changed_.wait_for(lock, milliseconds(deadline.left_ms(kDiagnosisTickMs)));
  if (seat.watch.diagnoses == 0) return std::nullopt;
  return seat.watch.diagnosis;
}

void Control::announce(const Seat& seat, const Notice& notice) {
  std::lock_guard lock(mutex_);
  switchboard_->announce(seat, notice, Clock::now());
  carry_out();
}

}  // namespace weft
