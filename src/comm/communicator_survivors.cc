// Operations that survive deaths: try, agree on who is left, and if somebody is not, try again among the others. The
// agreement makes the outcome the same for all: a rank whose try had succeeded repeats it with those whose try had not.
#include "base/log.h"
#include "comm/communicator.h"

namespace weft {

// `attempt` runs on the communicator of those that are left, on all of them alike.
Status Communicator::among_survivors(Deadline deadline, const std::function<Status(Communicator& left)>& attempt) {
  if (survivor_ranks_.empty()) {
    for (const Member& member : roster_) survivor_ranks_.push_back(member.rank);
  }
  for (;;) {
    Communicator& left = survivors_ != nullptr ? *survivors_ : *this;
    Status result = attempt(left);
    WEFT_TRY_ASSIGN(const RankSet failed, left.agree_on_survivors(deadline));
    if (failed.empty()) return result;
    log_info("comm", "goes on without ranks {} of {:016x}", rank_ranges(failed), left.id_);
    const size_t decisions = left.membership_->decisions(Subject::survivors);
    WEFT_TRY_ASSIGN(auto next,
                    left.make_child(succeed(left.id_, left.roster_, left.rank_, Subject::survivors, decisions, failed),
                                    left.settings_));
    survivors_ = std::move(next);
    for (auto gone = failed.rbegin(); gone != failed.rend(); ++gone)
      survivor_ranks_.erase(survivor_ranks_.begin() + *gone);
  }
}

// What stops a communicator for other causes than deaths is told to all ranks: none waits for another then.
Expected<RankSet> Communicator::agree_on_survivors(Deadline deadline) {
  if (alive_.stopped() && alive_.error().code() != Code::remote_error) return failure_of(alive_.error());
  return membership_->agree_on_survivors(deadline);
}

Status Communicator::agree_that_all_live(Deadline deadline) {
  WEFT_TRY_ASSIGN(const RankSet failed, agree_on_survivors(deadline));
  if (failed.empty()) return {};
  if (alive_.stopped()) return alive_.error();
  return weft::error(Code::remote_error, "failed={{{}}}; shrink the communicator first", rank_ranges(failed));
}

Expected<RankSet> Communicator::all_reduce_among_survivors(const Operation& operation) {
  std::vector<std::byte> kept;  // A try that fails may have overwritten its input.
  Operation run = operation;
  if (operation.sendbuff == operation.recvbuff) {
    const auto* input = static_cast<const std::byte*>(operation.sendbuff);
    kept.assign(input, input + operation.bytes());
    run.sendbuff = kept.data();
  }
  WEFT_TRY(among_survivors(settings_.set_up_deadline(), [&](Communicator& left) { return left.run(run); }));
  return survivor_ranks_;
}

}  // namespace weft
