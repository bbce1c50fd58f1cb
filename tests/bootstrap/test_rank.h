// What the ranks of a bootstrap test have: a root to meet at, and all that a communicator would own of the bootstrap.
// The ranks themselves are those of support/ranks.h.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/deadline.h"
#include "bootstrap/control.h"
#include "bootstrap/join.h"
#include "bootstrap/membership.h"
#include "bootstrap/root.h"
#include "support/ranks.h"
#include "support/shared.h"
#include "support/text.h"

namespace weft::test {

inline Deadline soon() {
  return Deadline::after_ms(20'000);
}

// A root in rank 0 and its id in all ranks. Made before the launch; it takes one shared word of it.
class SharedRoot {
 public:
  explicit SharedRoot(size_t word = kSharedWords - 1) : word_(word) {}
  // Every rank calls it: rank 0 starts a root, and all get its id. Again for another root.
  UniqueId open(int rank, int ranks) {
    if (rank == 0) {
      root_ = *Root::start({});
      *id_ = pack(root_->id());
    }
    meet(word_, ranks);
    return *parse_unique_id(*id_);
  }
  const Root* get() const { return root_.get(); }  // rank 0's only
  void close(int rank) {
    if (rank == 0) root_.reset();
  }

 private:
  size_t word_;
  Shared<UniqueIdBytes> id_;
  std::unique_ptr<Root> root_;
};

inline JoinRequest request_of(int rank, int nranks) {
  JoinRequest request;
  request.rank = rank;
  request.nranks = nranks;
  request.self.host = "host-" + std::to_string(rank);
  request.self.pid = 1000 + rank;
  const std::string payload = "payload of " + std::to_string(rank);
  request.self.payload.assign(part_of(payload).begin(), part_of(payload).end());
  return request;
}

// A rank with everything that a communicator has of the bootstrap.
struct TestRank {
  Doorbell doorbell;
  std::unique_ptr<Alive> alive;
  std::shared_ptr<Control> control;
  std::unique_ptr<Membership> membership;
  Joined joined;

  // Joins at the root: from then on there are a roster and an Alive.
  Status find_others(const UniqueId& id, int rank, int nranks) {
    WEFT_TRY_ASSIGN(control, Control::of_process(""));
    JoinRequest request = request_of(rank, nranks);
    request.self = control->describe_self();
    WEFT_TRY_ASSIGN(joined, join(id, request, soon()));
    alive = std::make_unique<Alive>(nranks, doorbell);
    return {};
  }
  // Links with all others.
  Status take_part(int rank, Deadline deadline = soon()) {
    WEFT_TRY_ASSIGN(membership, Membership::join(control,
                                                 {.communicator = joined.communicator,
                                                  .epoch = 0,
                                                  .rank = rank,
                                                  .secret = joined.secret,
                                                  .roster = joined.roster,
                                                  .alive = alive.get()},
                                                 deadline));
    return {};
  }
  // Both. `change_roster` acts in between.
  void come(const UniqueId& id, int rank, int nranks, const std::function<void(Roster&)>& change_roster = {}) {
    const Status found = find_others(id, rank, nranks);
    ASSERT_TRUE(found.ok()) << found.text();
    if (change_roster) change_roster(joined.roster);
    const Status linked = take_part(rank);
    ASSERT_TRUE(linked.ok()) << linked.text();
  }
  bool is_there() const { return membership != nullptr; }

  // Until the communicator has failed; its text, or "still alive".
  std::string wait_for_failure(int64_t at_most_ms) const {
    wait_until([&] { return alive->stopped(); }, at_most_ms);
    return alive->stopped() ? std::string(alive->error().text()) : "still alive";
  }
  bool wait_for_departure(int rank, int64_t at_most_ms) const {
    wait_until([&] { return alive->has_departed(rank); }, at_most_ms);
    return alive->has_departed(rank);
  }

 private:
  void wait_until(const std::function<bool()>& done, int64_t at_most_ms) const {
    const Deadline deadline = Deadline::after_ms(at_most_ms);
    while (!done() && !deadline.passed()) {
      Nap nap(alive->doorbell());
      if (!done()) nap.sleep(kNapMs);
    }
  }
};

inline void expect_alive(const TestRank& rank) {
  EXPECT_FALSE(rank.alive->stopped()) << rank.alive->error().text();
}

}  // namespace weft::test
