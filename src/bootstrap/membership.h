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
  // What this rank called last, at most CallComparison::kCallsMax; and the text for ranks that called different things.
  // Both are called on the control thread until `leave`, and must not call the membership.
  std::function<std::vector<CallWords>()> calls{};
  std::function<std::string(const Disagreement&)> describe{};
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
  void broadcast_failure(Code code, std::string_view text);

  // Agrees with all other survivors on who is left; blocks until every one of them has called it. The failed ranks, the
  // same on all. After weftNotJoined (the deadline passed) a further call goes on waiting for the same decision.
  Expected<RankSet> shrink(Deadline deadline);
  size_t shrinks() const { return shrinks_; }  // decisions taken
  // This rank waits for those: they should show that they live. Cheap; to be called again while it waits.
  void wait_for(std::span<const int> ranks);
  // This rank has waited for long: others may have called something else. If so, all fail with Code::mismatch.
  void compare_calls();
  // Who is dead, as the survivors agreed; as far as this rank knows while they have not.
  RankSet failed_ranks() const;

 private:
  Membership(std::shared_ptr<Control> control, MembershipRequest request);
  Status take_part(Deadline deadline);
  Notice notice_of(FrameKind kind) const;
  void announce_and_exit(const Notice& notice);

  std::shared_ptr<Control> control_;
  Seat seat_;
  std::atomic<bool> left_{false};
  size_t shrinks_ = 0;
};

}  // namespace weft
