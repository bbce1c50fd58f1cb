// Peers that live but say nothing: stopped, or cut off. Only those are looked at whom somebody waits for, so an idle
// process sends nothing. A peer's control thread answers whatever its ranks do, so a slow rank is not a silent one.
#include <sys/eventfd.h>

#include <algorithm>

#include "base/log.h"
#include "bootstrap/control.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kPing{100};        // between two questions
constexpr milliseconds kWatch{300};       // how long a peer is watched after it was last waited for
constexpr milliseconds kSuspicion{1000};  // is reported
constexpr milliseconds kDeath{5000};      // is treated as death

}  // namespace

void Control::watch(const Seat& seat, std::span<const int> ranks) {
  const auto now = Clock::now();
  for (const int rank : ranks) {
    Link* const link = find_link(seat.member(rank).process);
    if (link == nullptr) continue;
    // What came before anybody waited does not count: this process may have been stopped itself.
    if (now > link->watch.until) link->watch = {.since = now, .rank = describe(seat.member(rank))};
    link->watch.until = now + kWatch;
    if (!std::exchange(watching_, true)) eventfd_write(wake_.get(), 1);
  }
}

int64_t Control::silence_sleep_ms(int64_t at_most_ms) const {
  return watching_ ? std::min<int64_t>(at_most_ms, kPing.count()) : at_most_ms;
}

void Control::look_for_silence() {
  const auto now = Clock::now();
  if (!watching_ || now < next_ping_) return;
  next_ping_ = now + kPing;
  watching_ = false;
  std::vector<ProcessId> silent;
  for (auto& [process, link] : links_) {
    if (now > link->watch.until) continue;
    watching_ = true;
    if (now - link->watch.since >= kDeath) silent.push_back(process);
    if (now - link->watch.since >= kSuspicion && !std::exchange(link->watch.suspected, true)) {
      log_warn("bootstrap", "{} has been silent for {} ms; in {} ms it is treated as dead", link->watch.rank,
               kSuspicion.count(), (kDeath - kSuspicion).count());
    }
    link->push(make_frame(FrameKind::ping, {}));
    flush_link(*link);
  }
  for (const ProcessId& process : silent) lose_silent(*find_link(process));
}

// It may live: so it is told that it is out before the connection ends, and finds that first if it goes on.
void Control::lose_silent(Link& link) {
  seats_.lose(link.peer(), Code::remote_error,
              fmt::format("{}: stopped or cut off, not heard of for {} ms", kSilent, kDeath.count()));
  post_agreements();
  forget_link(link);
}

}  // namespace weft
