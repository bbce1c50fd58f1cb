#include "simulation/group.h"

#include <algorithm>

#include "simulation/process.h"
#include "simulation/rank.h"

namespace weft::simulation {
namespace {

constexpr milliseconds kSettled{5};         // after a death all agree, besides what messages take
constexpr milliseconds kFailureLimit{101};  // then a rank fails, whether the others agree or not

bool holds(const RankSet& set, int rank) {
  return std::binary_search(set.begin(), set.end(), rank);
}

const char* name_of(Subject subject) {
  return subject == Subject::failures ? "failures" : "shrink";
}

}  // namespace

Group::Group(World& world, uint64_t communicator, Roster roster)
    : world_(world), communicator_(communicator), roster_(std::move(roster)), places_(roster_.size()) {
  for (size_t rank = 0; rank < places_.size(); ++rank) places_[rank].process = Process::index_of(roster_[rank].process);
}

void Group::sit(int rank, const Sitting& sitting) {
  place(rank).sitting = &sitting;
  const bool same =
      std::equal(roster_.begin(), roster_.end(), sitting.seat.roster.begin(), sitting.seat.roster.end(),
                 [](const Member& a, const Member& b) { return a.process == b.process && a.rank == b.rank; });
  if (!same) world_.violate("communicator {:x}: rank {} has another roster", communicator_, rank);
}

bool Group::blamed(int rank) const {
  return world_.process(places_[static_cast<size_t>(rank)].process).blamed;
}

void Group::check(int rank) {
  Place& here = place(rank);
  if (here.sitting == nullptr) return;
  for (const Subject subject : {Subject::failures, Subject::shrink}) {
    size_t& seen = subject == Subject::failures ? here.failures_seen : here.shrinks_seen;
    const auto& decisions = here.sitting->seat.agreement(subject).decisions();
    for (; seen < decisions.size(); ++seen) {
      (subject == Subject::failures ? here.failures : here.shrinks).push_back(decisions[seen]);
      check_decision(rank, subject, seen);
    }
  }
  const Agreement& failures = here.sitting->seat.failures();
  if (!here.troubled && !failures.failed().empty()) here.troubled = world_.now();
  if (!here.stopped && here.sitting->alive.stopped()) check_failure(rank);
  if (here.sitting->seat.expelled() && !here.sitting->alive.stopped())
    world_.violate("communicator {:x}: rank {} is out and does not fail", communicator_, rank);
  if (!here.stopped && !failures.decisions().empty())
    world_.violate("communicator {:x}: rank {} has decided on failures and does not fail", communicator_, rank);
}

void Group::check_limit(int rank) {
  Place& here = place(rank);
  if (here.sitting == nullptr || here.stopped || !here.troubled) return;
  const bool was_frozen = world_.process(here.process).frozen_until > *here.troubled;
  if (!was_frozen && world_.now() - *here.troubled > kFailureLimit)
    world_.violate("communicator {:x}: rank {} has known of a failure for too long", communicator_, rank);
}

void Group::check_knowledge(int rank) {
  const Place& here = place(rank);
  const auto all_joined = [&](const Place& one) { return one.joined || world_.process(one.process).crashed; };
  if (!only_crashes || !std::all_of(places_.begin(), places_.end(), all_joined)) return;
  for (int other = 0; other < size(); ++other) {
    const Process& process = world_.process(place(other).process);
    if (!process.crashed || place(other).left || world_.now() - process.crashed_at < kSettled + 6 * world_.slowest)
      continue;
    if (here.failures.empty() || !holds(here.failures.back(), other))
      world_.violate("communicator {:x}: rank {} leaves and never heard that rank {} died", communicator_, rank, other);
  }
}

// Ranks that do not hold each other for dead have decided the same.
void Group::check_decision(int rank, Subject subject, size_t number) {
  const auto decisions = [&](int of) -> const std::vector<RankSet>& {
    return subject == Subject::failures ? place(of).failures : place(of).shrinks;
  };
  const RankSet& mine = decisions(rank)[number];
  world_.note("communicator {:x}: rank {} has decided {} {}: {{{}}}", communicator_, rank, name_of(subject), number,
              rank_ranges(mine));
  for (const int failed : mine) {
    if (!blamed(failed) && !place(failed).left)
      world_.violate("communicator {:x}: rank {} holds rank {} for dead, which lives and is in touch", communicator_,
                     rank, failed);
  }
  if (holds(mine, rank)) world_.violate("communicator {:x}: rank {} holds itself for dead", communicator_, rank);
  for (int other = 0; other < size(); ++other) {
    if (other == rank || decisions(other).size() <= number) continue;
    const RankSet& theirs = decisions(other)[number];
    const bool strangers = holds(decisions(rank).back(), other) || holds(decisions(other).back(), rank);
    if (theirs != mine && !strangers)
      world_.violate("communicator {:x}: of {} {} rank {} has decided {{{}}}, rank {} {{{}}}", communicator_,
                     name_of(subject), number, rank, rank_ranges(mine), other, rank_ranges(theirs));
  }
  if (subject == Subject::shrink) check_everybody_called(rank, mine, number);
}

// A shrink is decided when every rank that goes on has called it.
void Group::check_everybody_called(int rank, const RankSet& failed, size_t number) {
  for (int other = 0; other < size(); ++other) {
    if (holds(failed, other) || place(other).left || place(other).asked > static_cast<int>(number)) continue;
    world_.violate("communicator {:x}: rank {} has decided shrink {}, which rank {} has not called", communicator_,
                   rank, number, other);
  }
}

// Every failure has a cause.
void Group::check_failure(int rank) {
  Place& here = place(rank);
  here.stopped = true;
  const Status error = here.sitting->alive.error();
  here.told = error.code();
  here.told_at = world_.now();
  world_.note("communicator {:x}: rank {} fails: {}", communicator_, rank, error.text());
  const bool deaths =
      std::any_of(places_.begin(), places_.end(), [&](const Place& one) { return world_.process(one.process).blamed; });
  if (error.code() == Code::mismatch && deviant < 0)
    world_.violate("communicator {:x}: rank {} is told of a mismatch that there is not: {}", communicator_, rank,
                   error.text());
  if (error.code() == Code::remote_error && !deaths && !may_fail)
    world_.violate("communicator {:x}: rank {} fails although nobody is dead: {}", communicator_, rank, error.text());
  if (error.code() == Code::aborted && !may_fail)
    world_.violate("communicator {:x}: rank {} is told of an abort that there was not: {}", communicator_, rank,
                   error.text());
}

}  // namespace weft::simulation
