// How a local rank comes together with the others of its communicator: with which processes there must be a link, and
// who has been told that this rank is here. Pure, like the switchboard that it speaks through. Owned by the rank's
// call of join, which runs the errands.
#pragma once

#include <vector>

#include "bootstrap/switchboard.h"

namespace weft {

class Gathering {
 public:
  Gathering(Switchboard& switchboard, const Seat& seat);

  // On the way to one other process.
  struct Approach {
    const Member* peer;         // any of its ranks
    uint64_t told_on_link = 0;  // the number of the link on which it was told that this rank is here; 0: not yet
    Switchboard::Time look_at{};
    bool near = false;  // it knows of this rank
  };
  std::vector<Approach>& approaches() { return approaches_; }

  // What the caller must do to come nearer, `connect` followed by `connected`, be it in vain.
  enum class Errand : uint8_t {
    none,     // but wait
    connect,  // with that process
    look,     // whether that process still listens: it should connect with this one
  };
  Errand approach(Approach& approach, Switchboard::Time now);
  void connected(Approach& approach);

  bool complete() const;  // every process knows of this rank, and this rank has heard from all others

 private:
  bool tell_enrolled(Approach& approach);

  Switchboard& switchboard_;
  const Seat& seat_;
  std::vector<Approach> approaches_;
};

}  // namespace weft
