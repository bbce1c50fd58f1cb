// What ranks of this process wish, and what they get to know.
#include <algorithm>
#include <iterator>

#include "bootstrap/switchboard.h"

namespace weft {
namespace {

Notice enrolment(const Seat& seat) {
  return {.kind = FrameKind::enroll, .key = seat.key, .rank = seat.rank, .joining = true};
}

std::set<ProcessId> other_processes(const Seat& seat) {
  std::set<ProcessId> all;
  for (const Member& member : seat.roster) all.insert(member.process);
  all.erase(seat.member(seat.rank).process);
  return all;
}

}  // namespace

Status Switchboard::enter(Seat& seat) {
  WEFT_TRY(seats_.add(seat));
  seats_.tell(self_, enrolment(seat));
  return {};
}

Status Switchboard::enter_together(Seat& seat, Time now) {
  for (Seat::Peer& peer : seat.peers) peer = Seat::Peer::enrolled;
  seat.absent = 0;
  WEFT_TRY(seats_.add(seat));
  for (const Member& member : seat.roster) {
    if (member.process != self_ && !lines_.contains(member.process))
      seats_.lose_in(seat, member.process, Code::remote_error, "died: its control connection closed");
  }
  post_agreements(now);
  return {};
}

void Switchboard::tell_enrolled(const Seat& seat, const ProcessId& peer) {
  say(peer, make_frame(FrameKind::enroll, encode(enrolment(seat))));
}

void Switchboard::announce(const Seat& seat, const Notice& notice, Time now) {
  const FrameBytes frame = make_frame(notice.kind, encode(notice));
  seats_.tell(self_, notice);
  post_agreements(now);
  for (const ProcessId& process : other_processes(seat)) say(process, frame);
}

// What the rank has decided goes first: for those who hear of its departure it has no say any more.
void Switchboard::leave(Seat& seat, Time now) {
  seats_.take_leave(seat);
  post_agreements(now);
  announce(seat, {.kind = FrameKind::leave, .key = seat.key, .rank = seat.rank, .joining = seat.young}, now);
  exit(seat);
}

void Switchboard::exit(Seat& seat) {
  seats_.remove(seat);
  std::erase(attended_, &seat);
}

void Switchboard::call(Seat& seat, Subject subject, size_t taken) {
  if (!decided(seat, subject, taken)) seats_.call(seat, subject);
}

std::optional<Expected<RankSet>> Switchboard::decided(const Seat& seat, Subject subject, size_t taken) {
  const Agreement& agreement = seat.agreement(subject);
  if (seat.expelled()) return failure_of(seat.alive->error());
  if (agreement.decided() <= taken) return std::nullopt;
  return agreement.decision(taken);
}

RankSet Switchboard::failed_ranks(const Seat& seat) {
  RankSet failed;
  for (const Agreement& agreement : seat.agreements) {
    if (agreement.decided() == 0) continue;
    const RankSet& decision = agreement.decisions().back();
    RankSet both;
    std::set_union(failed.begin(), failed.end(), decision.begin(), decision.end(), std::back_inserter(both));
    failed = std::move(both);
  }
  if (failed.empty()) return seat.failures().failed();
  std::erase_if(failed, [&](int rank) { return seat.peers[static_cast<size_t>(rank)] == Seat::Peer::departed; });
  return failed;
}

}  // namespace weft
