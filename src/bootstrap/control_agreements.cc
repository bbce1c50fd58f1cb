// How agreements travel between processes, how long they may take, and how a local rank waits for one.
#include <sys/eventfd.h>

#include <algorithm>
#include <iterator>

#include "bootstrap/control.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kAgreementLimit{100};  // then a rank goes by what it knows itself
constexpr int64_t kTickMs = 10;

}  // namespace

void Control::post_agreements() {
  for (auto posts = seats_.take_posts(); !posts.empty(); posts = seats_.take_posts()) {
    for (const Seats::Post& post : posts) {
      Link* const link = post.to == self_ ? nullptr : find_link(post.to);
      if (post.to == self_) seats_.tell(self_, post.news);
      if (link == nullptr) continue;  // It is gone, and its seats know.
      link->push(make_frame(FrameKind::agreement, encode(post.news)));
      flush_link(*link);
    }
    changed_.notify_all();
  }
  if (undecided_since_ || !seats_.failures_known() || !seats_.undecided()) return;
  undecided_since_ = Clock::now();
  eventfd_write(wake_.get(), 1);  // The control thread may sleep for long.
}

int64_t Control::agreement_sleep_ms(int64_t at_most_ms) const {
  return undecided_since_ ? std::min(at_most_ms, kTickMs) : at_most_ms;
}

void Control::watch_agreements() {
  if (!undecided_since_) return;
  if (!seats_.undecided()) {
    undecided_since_.reset();
  } else if (Clock::now() - *undecided_since_ > kAgreementLimit) {
    seats_.fail_undecided();
    undecided_since_.reset();
    changed_.notify_all();
  }
}

Status Control::enter_together(Seat& seat) {
  std::lock_guard lock(mutex_);
  for (Seat::Peer& peer : seat.peers) peer = Seat::Peer::enrolled;
  seat.absent = 0;
  WEFT_TRY(seats_.add(seat));
  for (const Member& member : seat.roster) {
    if (member.process != self_ && find_link(member.process) == nullptr)
      seats_.lose_in(seat, member.process, Code::remote_error, "died: its control connection closed");
  }
  post_agreements();
  return {};
}

Expected<RankSet> Control::shrink(Seat& seat, size_t taken, Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto decided = [&] { return seat.shrink.decisions().size() > taken || seat.shrink.expelled(); };
  if (!decided()) seats_.call_shrink(seat);
  post_agreements();
  while (!decided()) {
    watch(seat, seat.shrink.awaited());
    if (deadline.passed()) {
      return error(
          Code::not_joined,
          "weftCommShrink waits for rank {}: every rank that lives must call it; call it again to go on waiting",
          rank_ranges(seat.shrink.awaited()));
    }
    changed_.wait_for(lock, milliseconds(deadline.left_ms(kTickMs)));
  }
  if (seat.shrink.expelled()) return failure_of(seat.alive->error());
  return seat.shrink.decisions()[taken];
}

void Control::wait_for(const Seat& seat, std::span<const int> ranks) {
  std::lock_guard lock(mutex_);
  watch(seat, ranks);
}

RankSet Control::failed_ranks(const Seat& seat) const {
  std::lock_guard lock(mutex_);
  RankSet failed;
  for (const Subject subject : {Subject::failures, Subject::shrink}) {
    const Agreement& agreement = seat.agreement(subject);
    if (agreement.decisions().empty()) continue;
    RankSet both;
    std::set_union(failed.begin(), failed.end(), agreement.decisions().back().begin(),
                   agreement.decisions().back().end(), std::back_inserter(both));
    failed = std::move(both);
  }
  return failed.empty() ? seat.failures.failed() : failed;
}

}  // namespace weft
