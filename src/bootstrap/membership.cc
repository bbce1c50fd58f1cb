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
  seat_.calls = std::move(request.calls);
  seat_.describe = std::move(request.describe);
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
  announce_and_exit(notice);
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
  announce_and_exit(notice_of(FrameKind::leave));
}

// The last words. If there is no memory for them, the others learn it from the end of the links.
void Membership::announce_and_exit(const Notice& notice) {
  try {
    control_->announce(seat_, notice);
  } catch (...) {
    control_->cut_loose();
  }
  control_->exit(seat_);
}

void Membership::broadcast_failure(Code code, std::string_view text) {
  if (left_ || control_->forked()) return;
  Notice notice = notice_of(FrameKind::failure);
  notice.code = code;
  notice.text = text;
  control_->announce(seat_, notice);
}

Expected<RankSet> Membership::shrink(Deadline deadline) {
  if (control_->forked())
    return error(Code::forked, "this process was forked from the one that made its communicators");
  WEFT_TRY_ASSIGN(RankSet failed, control_->shrink(seat_, shrinks_, deadline));
  ++shrinks_;
  return failed;
}

void Membership::wait_for(std::span<const int> ranks) {
  if (!control_->forked()) control_->wait_for(seat_, ranks);
}

void Membership::compare_calls() {
  if (!control_->forked() && seat_.calls) control_->tell_calls(seat_);
}

RankSet Membership::failed_ranks() const {
  return control_->failed_ranks(seat_);
}

}  // namespace weft
