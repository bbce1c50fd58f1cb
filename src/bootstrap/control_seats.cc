// How a local rank comes together with the others of its communicator, on the thread of its caller.
#include <algorithm>

#include "base/contain.h"
#include "bootstrap/control.h"
#include "bootstrap/hello.h"
#include "bootstrap/host.h"
#include "bootstrap/knock.h"

namespace weft {

// On the way to one other process of a communicator.
struct Control::Approach {
  const Member* peer;         // any of its ranks
  uint64_t told_on_link = 0;  // the token of the link on which it was told that this rank is here; 0: not yet
  Clock::time_point probe_at{};
};

namespace {

using std::chrono::milliseconds;
constexpr int64_t kFirstPauseMs = 1, kLongestPauseMs = 50;  // between two attempts: doubled each time
constexpr int64_t kProbeMs = 250;  // how often a process that should connect to this one is looked for

Door door_of(const Member& peer) {
  return peer.host_identity == host_identity() ? Door{peer.control_name, {}} : Door{"", peer.control_tcp};
}

Failure gone(const Member& peer) {
  return error(Code::remote_error,
               "{} died or gave up while the communicator was set up: nobody listens at {} any more", describe(peer),
               door_of(peer).text());
}

std::vector<ProcessId> other_processes(const Seat& seat, const ProcessId& self) {
  std::vector<ProcessId> all;
  for (const Member& member : seat.roster) {
    if (member.process != self) all.push_back(member.process);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Notice enrolment(const Seat& seat) {
  return {.kind = FrameKind::enroll, .key = seat.key, .rank = seat.rank, .joining = true};
}

Failure late(const Seat& seat) {
  const std::vector<int> absent = seat.absent_ranks();
  return error(
      Code::not_joined,
      "{} {} joined but did not get in touch with {} in time. Check that hosts can open TCP connections to each other "
      "(WEFT_IFACE chooses the network); WEFT_INIT_TIMEOUT sets how many seconds to wait",
      absent.size() == 1 ? "rank" : "ranks", rank_ranges(absent), describe(seat.member(seat.rank)));
}

}  // namespace

Status Control::enter(Seat& seat) {
  std::lock_guard lock(mutex_);
  WEFT_TRY(seats_.add(seat));
  seats_.tell(self_, enrolment(seat));
  post_agreements();
  changed_.notify_all();
  return {};
}

void Control::exit(Seat& seat) {
  std::lock_guard lock(mutex_);
  seats_.remove(seat);
}

Status Control::bring_together(Seat& seat, Deadline deadline) {
  std::vector<Approach> approaches;
  for (const Member& member : seat.roster) {
    const bool known = std::any_of(approaches.begin(), approaches.end(),
                                   [&](const Approach& one) { return one.peer->process == member.process; });
    if (member.process != self_ && !known) approaches.push_back({&member});
  }
  for (int64_t pause_ms = kFirstPauseMs;; pause_ms = std::min(2 * pause_ms, kLongestPauseMs)) {
    bool linked = true;
    for (Approach& one : approaches) {
      auto near = approach(seat, one, deadline);
      if (!near) return seat.alive->stopped() ? seat.alive->error() : std::move(near.error());
      linked = linked && *near;
    }
    std::unique_lock lock(mutex_);
    if (seat.alive->stopped()) return seat.alive->error();
    if (linked && seat.absent == 0) return {};
    if (deadline.passed()) return late(seat);
    const uint64_t changes = link_changes_;
    changed_.wait_for(lock, milliseconds(deadline.left_ms(pause_ms)), [&] {
      return seat.alive->stopped() || link_changes_ != changes || (linked && seat.absent == 0);
    });
  }
}

// One step towards a process; true if it knows of this rank.
Expected<bool> Control::approach(const Seat& seat, Approach& approach, Deadline deadline) {
  const Member& peer = *approach.peer;
  if (tell_enrolled(seat, approach)) return true;
  // Of two processes the one with the smaller id connects, and only one of its threads.
  if (self_ < peer.process) {
    {
      std::lock_guard lock(mutex_);
      if (!connecting_.insert(peer.process).second) return false;
    }
    Status connected = contain([&] { return connect(seat, peer, deadline); });
    {
      std::lock_guard lock(mutex_);
      connecting_.erase(peer.process);
    }
    WEFT_TRY(std::move(connected));
    return tell_enrolled(seat, approach);
  }
  if (Clock::now() < approach.probe_at) return false;
  const bool first_look = approach.probe_at == Clock::time_point{};
  approach.probe_at = Clock::now() + milliseconds(kProbeMs);
  if (!first_look && !is_listening(door_of(peer), deadline)) return gone(peer);
  return false;
}

bool Control::tell_enrolled(const Seat& seat, Approach& approach) {
  std::lock_guard lock(mutex_);
  Link* link = find_link(approach.peer->process);
  if (link == nullptr) return seat.has_left(approach.peer->process);  // It may have come, gone and ended meanwhile.
  if (approach.told_on_link == link->token) return true;
  approach.told_on_link = link->token;
  link->push(make_frame(FrameKind::enroll, encode(enrolment(seat))));
  flush_link(*link);
  return true;
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
  post_agreements();
  return {};
}

void Control::announce(const Seat& seat, const Notice& notice) {
  std::lock_guard lock(mutex_);
  announce_held(seat, notice);
}

void Control::announce_held(const Seat& seat, const Notice& notice) {
  const FrameBytes frame = make_frame(notice.kind, encode(notice));
  const std::vector<ProcessId> others = other_processes(seat, self_);
  seats_.tell(self_, notice);
  post_agreements();
  changed_.notify_all();
  for (const ProcessId& process : others) {
    Link* link = find_link(process);
    if (link == nullptr) continue;  // It is gone, and this seat knows.
    link->push(frame);
    flush_link(*link);
  }
}

}  // namespace weft
