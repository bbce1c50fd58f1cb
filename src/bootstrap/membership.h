// One local rank's place in a communicator: it learns who dies, leaves or fails through the rank's Alive, and tells the
// others the same about itself. Owned by the communicator; every function may be called from any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "base/alive.h"
#include "base/deadline.h"
#include "base/status.h"
#include "bootstrap/control.h"

namespace weft {

struct MembershipRequest {
  uint64_t communicator = 0;
  uint32_t epoch = 0;
  int rank = 0;
  Secret secret{};
  Roster roster;           // payloads are not kept
  Alive* alive = nullptr;  // must outlive the membership
  CallSource calls{};      // used on any thread until `leave`; must not call the membership
};

class Membership {
 public:
  // Links this process with all others of the roster and waits until every rank has come as far as this. From then on,
  // and already while it waits, a death, a departure or a failure of another rank shows in `alive`. If it fails, the
  // other ranks are told.
  static Expected<std::unique_ptr<Membership>> join(std::shared_ptr<Control> control, MembershipRequest request,
                                                    Deadline deadline);
  // The same for a roster whose ranks have all agreed to be in it, as shrink makes it: nobody is waited for.
  static Expected<std::unique_ptr<Membership>> continue_in(std::shared_ptr<Control> control, MembershipRequest request);
  // For a rank that cannot do that although the others count on it: it has no seat, and can only broadcast its failure.
  static std::unique_ptr<Membership> outside(std::shared_ptr<Control> control, MembershipRequest request);
  // Leaves, if nobody has called `leave`.
  ~Membership();

  // Everything this rank will ever send has been published: the others' Alive show it as departed. Never blocks;
  // idempotent.
  void leave();
  // This rank has decided that the communicator has failed (a mismatch, an abort): fails it on all others with this
  // code and a text that names this rank. Never blocks. The rank's own Alive is the caller's.
  void broadcast_failure(const Status& status, Cause cause = Cause::none);

  // Agrees with all other survivors on who is left; blocks until every one of them has called it. The failed ranks, the
  // same on all. After weftNotJoined (the deadline passed) a further call goes on waiting for the same decision.
  Expected<RankSet> shrink(Deadline deadline);
  // How many decisions on the subject this rank has taken.
  size_t decisions(Subject subject) const { return taken_[static_cast<size_t>(subject)]; }
  // The same for an operation that is to survive deaths: who is gone, if anybody is, when all that live have made it.
  // Ends also when the communicator fails of something else than a death.
  Expected<RankSet> agree_on_survivors(Deadline deadline);
  // This rank waits for those: they should show that they live. Cheap; to be called again while it waits.
  void wait_for(std::span<const int> ranks);
  // This rank has waited for long: others may have called something else. If so, all fail with Code::mismatch.
  // `around`: the number of the call that is in doubt; 0: the one it waits in.
  void compare_calls(uint32_t around = 0);
  // This rank has waited for so long that a person should read why: the lowest rank prints a report.
  void report_stuck();
  // What holds up the call in which this rank waits; blocks until the others have answered, at most until the deadline.
  std::optional<Diagnosis> diagnose(Deadline deadline);
  // Who is dead, as the survivors agreed; as far as this rank knows while they have not.
  RankSet failed_ranks() const;

 private:
  Membership(std::shared_ptr<Control> control, MembershipRequest request);
  Status take_part(Deadline deadline);
  Expected<RankSet> agree(Subject subject, Deadline deadline);
  Notice notice_of(FrameKind kind) const;
  template <typename Words>
  void leave_after(const Words& words);

  std::shared_ptr<Control> control_;
  Seat seat_;
  std::atomic<bool> left_{false};
  std::array<size_t, kSubjects.size()> taken_{};  // decisions, by subject
};

}  // namespace weft
