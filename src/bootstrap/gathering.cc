#include "bootstrap/gathering.h"

#include <algorithm>

namespace weft {
namespace {

constexpr std::chrono::milliseconds kLook{250};  // how often a process that should connect to this one is looked for

}  // namespace

Gathering::Gathering(Switchboard& switchboard, const Seat& seat) : switchboard_(switchboard), seat_(seat) {
  for (const Member& member : seat.roster) {
    const bool known = std::any_of(approaches_.begin(), approaches_.end(),
                                   [&](const Approach& one) { return one.peer->process == member.process; });
    if (member.process != seat.member(seat.rank).process && !known) approaches_.push_back({&member});
  }
}

Gathering::Errand Gathering::approach(Approach& approach, Switchboard::Time now) {
  approach.near = tell_enrolled(approach);
  if (approach.near) return Errand::none;
  const ProcessId& peer = approach.peer->process;
  // Of two processes the one with the smaller id connects, and only one of its threads.
  if (seat_.member(seat_.rank).process < peer)
    return switchboard_.begin_to_connect(peer) ? Errand::connect : Errand::none;
  if (now < approach.look_at) return Errand::none;
  const bool first_look = approach.look_at == Switchboard::Time{};
  approach.look_at = now + kLook;
  return first_look ? Errand::none : Errand::look;
}

void Gathering::connected(Approach& approach) {
  switchboard_.end_to_connect(approach.peer->process);
  approach.near = tell_enrolled(approach);
}

bool Gathering::complete() const {
  return seat_.absent == 0 &&
         std::all_of(approaches_.begin(), approaches_.end(), [](const auto& one) { return one.near; });
}

bool Gathering::tell_enrolled(Approach& approach) {
  const ProcessId& peer = approach.peer->process;
  const uint64_t number = switchboard_.link_number(peer);
  if (number == 0) return seat_.has_left(peer);  // It may have come, gone and ended meanwhile.
  if (approach.told_on_link != number) switchboard_.tell_enrolled(seat_, peer);
  approach.told_on_link = number;
  return true;
}

}  // namespace weft
