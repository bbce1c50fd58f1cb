// What must hold when a job has come to rest.
#include <algorithm>

#include "simulation/job.h"
#include "simulation/process.h"

namespace weft::simulation {
namespace {

constexpr milliseconds kMismatchTold{50};  // after the last rank came to the operation, besides what messages take

}  // namespace

void Job::judge() {
  for (const auto* ranks : {&members_, &fresh_}) {
    for (Rank* rank : *ranks) {
      if (!rank->process().gone()) judge_rank(*rank);
    }
  }
  judge_expelled();
  if (trouble_ == Trouble::mismatch) judge_mismatch();
}

void Job::judge_rank(Rank& rank) {
  const Ending ending = rank.ending();
  if (ending == Ending::none && !rank.idle()) return world_.violate("for ever: {}", rank.where());
  if (rank.idle() || ending == Ending::done || ending == Ending::left) return;
  const bool joined = rank.sitting() != nullptr;
  if (ending == Ending::expelled && !rank.process().blamed)
    world_.violate("{} was expelled, but nothing befell it", rank.where());
  const bool harmless = trouble_ == Trouble::none || trouble_ == Trouble::short_freeze;
  if (ending == Ending::not_joined && harmless && joined) world_.violate("{} could not join", rank.where());
}

void Job::judge_thawed(Rank& rank) {
  if (rank.ending() != Ending::done) return;
  for (const auto& [id, group] : groups_) {
    for (int place = 0; place < group->size(); ++place) {
      if (group->roster()[static_cast<size_t>(place)].pid != rank.number() || !group->place(place).stopped) continue;
      for (int other = 0; other < group->size(); ++other) {
        const auto& decisions = group->place(other).failures;
        if (!decisions.empty() && std::binary_search(decisions.back().begin(), decisions.back().end(), place))
          world_.violate("rank {} was expelled from communicator {:x} and goes on alone", rank.number(), id);
      }
    }
  }
}

// Whoever is held for dead and lives, knows it.
void Job::judge_expelled() {
  for (const auto* ranks : {&members_, &fresh_}) {
    for (Rank* rank : *ranks) {
      // Whoever was only silent goes on and finds a message that says so.
      if (trouble_ == Trouble::long_freeze && rank->process().blamed) judge_thawed(*rank);
    }
  }
  for (const auto& [id, group] : groups_) {
    for (int rank = 0; rank < group->size(); ++rank) {
      Group::Place& place = group->place(rank);
      if (world_.process(place.process).gone() || place.left || place.stopped || place.sitting == nullptr) continue;
      for (int other = 0; other < group->size(); ++other) {
        const auto& decisions = group->place(other).failures;
        if (!decisions.empty() && std::binary_search(decisions.back().begin(), decisions.back().end(), rank))
          world_.violate("communicator {:x}: rank {} does not know that rank {} holds it for dead", id, rank, other);
      }
    }
  }
}

// All are told alike, and soon after the last of them could know.
void Job::judge_mismatch() {
  for (const auto& [id, group] : groups_) {
    if (group->deviant < 0 || group->may_fail) continue;
    Time first = Time::max(), latest{};
    bool all = true;
    for (int rank = 0; rank < group->size(); ++rank) {
      const Group::Place& place = group->place(rank);
      if (place.joined && place.told != Code::mismatch)
        return world_.violate("communicator {:x}: rank {} was not told of the mismatch", id, rank);
      all = all && place.arrived;
      if (!all) break;
      first = std::min(first, *place.arrived);
      latest = std::max(latest, *place.arrived);
    }
    for (int rank = 0; all && rank < group->size(); ++rank) {
      if (group->place(rank).told_at - latest > kMismatchTold + 12 * world_.slowest)
        world_.violate("communicator {:x}: rank {} was told late of the mismatch", id, rank);
    }
  }
}

}  // namespace weft::simulation
