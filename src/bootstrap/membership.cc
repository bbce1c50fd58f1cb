#include "bootstrap/membership.h"

#include "base/assert.h"
#include "base/contain.h"

namespace weft {

Expected<std::unique_ptr<Membership>> Membership::join(std::shared_ptr<Control> control, MembershipRequest request,
                                                       Deadline deadline) {
  WEFT_ASSERT(request.rank >= 0 && request.rank < static_cast<int>(request.roster.size()));
  WEFT_ASSERT(request.roster[static_cast<size_t>(request.rank)].process == control->self());
  std::unique_ptr<Membership> membership(new Membership(std::move(control), std::move(request)));
  WEFT_TRY(membership->take_part(deadline));
  return membership;
}

Expected<std::unique_ptr<Membership>> Membership::continue_in(std::shared_ptr<Control> control,
                                                              MembershipRequest request) {
  std::unique_ptr<Membership> membership(new Membership(std::move(control), std::move(request)));
  membership->seat_.young = true;
  if (Status entered = membership->control_->enter_together(membership->seat_); !entered.ok()) {
    membership->left_ = true;
    return failure_of(std::move(entered));
  }
  return membership;
}

std::unique_ptr<Membership> Membership::outside(std::shared_ptr<Control> control, MembershipRequest request) {
  std::unique_ptr<Membership> membership(new Membership(std::move(control), std::move(request)));
  membership->seat_.young = true;
  return membership;
}

Membership::Membership(std::shared_ptr<Control> control, MembershipRequest request)
    : control_(std::move(control)),
      seat_({request.communicator, request.epoch}, request.rank, request.secret, std::move(request.roster),
            request.alive) {
  seat_.watch.source = std::move(request.calls);
}

// The last words. If there is no memory for them, the others learn it from the end of the links.
template <typename Words>
void Membership::leave_after(const Words& words) {
  try {
    words();
    control_->leave(seat_);
  } catch (...) {
    control_->cut_loose();
    control_->exit(seat_);
  }
}

Status Membership::take_part(Deadline deadline) {
  if (control_->forked())
    return error(Code::forked, "this process was forked from the one that made its communicators");
  if (Status entered = contain([&] { return control_->enter(seat_); }); !entered.ok()) {
    left_ = true;
    control_->exit(seat_);  // Memory may have run out when it had the seat already.
    return entered;
  }
  Status together = contain([&] { return control_->bring_together(seat_, deadline); });
  if (together.ok()) return {};
  left_ = true;
  Notice notice = notice_of(FrameKind::failure);
  notice.joining = true;
  notice.relayed = seat_.alive->stopped();
  notice.code = together.code();
  notice.text = together.text();
  leave_after([&] { control_->announce(seat_, notice); });  // Those who go on without this rank must not wait for it.
  return together;
}

Notice Membership::notice_of(FrameKind kind) const {
  return {.kind = kind, .key = seat_.key, .rank = seat_.rank, .joining = seat_.young};
}

Membership::~Membership() {
  leave();
}

void Membership::leave() {
  if (left_.exchange(true) || control_->forked()) return;
  leave_after([] {});
}

void Membership::broadcast_failure(const Status& status, Cause cause) {
  if (left_ || control_->forked()) return;
  Notice notice = notice_of(FrameKind::failure);
  notice.code = status.code();
  notice.cause = cause;
  notice.text = status.text();
  control_->announce(seat_, notice);
}

Expected<RankSet> Membership::shrink(Deadline deadline) {
  return agree(Subject::shrink, deadline);
}

Expected<RankSet> Membership::agree_on_survivors(Deadline deadline) {
  return agree(Subject::survivors, deadline);
}

Expected<RankSet> Membership::agree(Subject subject, Deadline deadline) {
  if (control_->forked())
    return error(Code::forked, "this process was forked from the one that made its communicators");
  size_t& taken = taken_[static_cast<size_t>(subject)];
  WEFT_TRY_ASSIGN(RankSet failed, control_->agree(seat_, subject, taken, deadline));
  ++taken;
  return failed;
}

void Membership::wait_for(std::span<const int> ranks) {
  if (!control_->forked()) control_->wait_for(seat_, ranks);
}

void Membership::compare_calls(uint32_t around) {
  if (!control_->forked()) control_->tell_calls(seat_, around, CallsNews::Kind::waiting);
}

void Membership::report_stuck() {
  if (!control_->forked()) control_->tell_calls(seat_, 0, CallsNews::Kind::stuck);
}

std::optional<Diagnosis> Membership::diagnose(Deadline deadline) {
  return control_->forked() ? std::nullopt : control_->diagnose(seat_, deadline);
}

RankSet Membership::failed_ranks() const {
  return control_->failed_ranks(seat_);
}

}  // namespace weft
