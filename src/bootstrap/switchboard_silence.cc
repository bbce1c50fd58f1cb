// Peers that live but say nothing: stopped, or cut off. Only those are looked at whom somebody waits for, so an idle
// process sends nothing. A peer's control thread answers whatever its ranks do, so a slow rank is not a silent one.
#include <utility>

#include "base/log.h"
#include "bootstrap/switchboard.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kPing{100};        // between two questions
constexpr milliseconds kWatch{300};       // how long a peer is watched after it was last waited for
constexpr milliseconds kSuspicion{1000};  // is reported
constexpr milliseconds kDeath{5000};      // is treated as death

}  // namespace

void Switchboard::wait_for(const Seat& seat, std::span<const int> ranks, Time now) {
  for (const int rank : ranks) {
    const auto found = lines_.find(seat.member(rank).process);
    if (found == lines_.end()) continue;
    Line& line = found->second;
    // What came before anybody waited does not count: this process may have been stopped itself.
    if (now > line.until) {
      line.since = now;
      line.suspected = false;
      line.rank = describe(seat.member(rank));
    }
    line.until = now + kWatch;
    watching_ = true;
  }
}

void Switchboard::look_for_silence(Time now) {
  if (!watching_ || now < next_ping_) return;
  next_ping_ = now + kPing;
  watching_ = false;
  std::vector<ProcessId> silent;
  for (auto& [process, line] : lines_) {
    if (now > line.until) continue;
    watching_ = true;
    if (now - line.since >= kDeath) silent.push_back(process);
    if (now - line.since >= kSuspicion && !std::exchange(line.suspected, true)) {
      log_warn("bootstrap", "{} has been silent for {} ms; in {} ms it is treated as dead", line.rank,
               kSuspicion.count(), (kDeath - kSuspicion).count());
    }
    say(process, make_frame(FrameKind::ping, {}));
  }
  for (const ProcessId& process : silent) lose_silent(process, now);
}

// It may live: so it is told that it is out before the connection ends, and finds that first if it goes on.
void Switchboard::lose_silent(const ProcessId& peer, Time now) {
  seats_.lose(peer, Code::remote_error,
              fmt::format("{}: stopped or cut off, not heard of for {} ms", kSilent, kDeath.count()));
  post_agreements(now);
  dispatches_.push_back({peer, nullptr});
  forget(peer);
}

}  // namespace weft
