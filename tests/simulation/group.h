// A communicator as somebody sees it who sees all its ranks at once: what they were told, what they called, what they
// decided. The rules that must hold at every moment are checked as soon as a rank shows something new.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "simulation/world.h"

namespace weft::simulation {

struct Sitting;

class Group {
 public:
  Group(World& world, uint64_t communicator, Roster roster);

  struct Place {
    int process = -1;
    const Sitting* sitting = nullptr;  // while the rank has its seat
    int published = 0;                 // operations that the others see it in
    int asked = 0;                     // shrinks that it has called
    bool left = false;
    size_t failures_seen = 0, shrinks_seen = 0;  // decisions that were checked
    std::vector<RankSet> failures, shrinks;
    bool joined = false;           // and heard from all others
    std::optional<Time> troubled;  // since when it knows of a failure
    bool stopped = false;          // it has failed
    Code told = Code::success;     // then: why, and when
    Time told_at{};
    std::optional<Time> arrived;  // at the operation in which ranks differ
  };
  const Roster& roster() const { return roster_; }
  Place& place(int rank) { return places_[static_cast<size_t>(rank)]; }
  int size() const { return static_cast<int>(places_.size()); }

  // A rank takes its seat: all must have the same roster.
  void sit(int rank, const Sitting& sitting);
  // Something may have changed at that rank.
  void check(int rank);
  // Before anything happens at its process: a failure that is known may not have been kept from it for long.
  void check_limit(int rank);
  // Before it leaves.
  void check_knowledge(int rank);

  // What is allowed to happen.
  int deviant = -1, deviates_at = 0;  // a rank that calls something else; -1: none
  bool only_crashes = false;          // nothing else befalls the ranks
  bool may_fail = false;              // some rank revokes it, leaves early or could not join

 private:
  void check_decision(int rank, Subject subject, size_t number);
  void check_failure(int rank);
  void check_everybody_called(int rank, const RankSet& failed, size_t number);
  bool blamed(int rank) const;

  World& world_;
  const uint64_t communicator_;
  const Roster roster_;
  std::vector<Place> places_;
};

}  // namespace weft::simulation
