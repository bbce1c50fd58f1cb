// Who has come to a root, and when that is enough or can no longer be. Pure: no sockets, threads or clocks; the root
// feeds it, and so does the simulator of tests/simulation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "bootstrap/hello.h"
#include "bootstrap/member.h"
#include "bootstrap/rendezvous.h"

namespace weft {

// Of a rank of the root's own process.
struct Abandoned {
  int rank = 0, nranks = 1;
  Deadline deadline;  // until when the others may come to hear of it
  Status why;
};

class Assembly {
 public:
  // Before anything else of a rank is looked at: its version. False: it differs, and that is the refusal.
  bool greet(const Hello& hello);
  // A rank has said who it is.
  void arrive(const Hello& hello, JoinMessage message, Clock::time_point now);
  // A rank that had arrived is gone.
  void lose(int rank);
  // A rank has failed before it could come, and waits for nobody. Without effect once all has been decided.
  void abandon(const Abandoned& rank);
  // The time of the least patient rank is over.
  void give_up();

  bool complete() const { return nranks_ > 0 && present_ == nranks_ && refusal_.ok(); }
  // The first reason why there will be no communicator; success while there is none.
  const Status& refusal() const { return refusal_; }
  bool decided() const { return complete() || !refusal_.ok(); }
  // When the least patient of the ranks that came gives up; never, while none came.
  Deadline deadline() const { return deadline_; }
  // Whether as many have come as any of them says that there are, be it in vain.
  bool all_heard() const { return nranks_most_ > 0 && heard_ >= nranks_most_; }

  Roster take_roster();  // once complete

 private:
  void hear(const Hello& hello);
  void check(const Hello& hello, const JoinMessage& message);
  void check_plan(const Hello& hello, const JoinMessage& message);
  void refuse(Status why);
  const Member* member(uint32_t rank) const;

  int nranks_ = 0;  // what the first rank said; 0: nobody has come
  int present_ = 0;
  int heard_ = 0;
  int nranks_most_ = 0;  // the largest number that a rank said
  Member first_;         // the first rank, and its plan: what the others are compared with
  uint64_t plan_hash_ = 0;
  std::string plan_text_;
  std::vector<std::optional<Member>> places_;
  Deadline deadline_ = Deadline::never();
  Status refusal_;
};

}  // namespace weft
