// How agreements travel between processes, and how long they may take.
#include <algorithm>

#include "bootstrap/switchboard.h"

namespace weft {
namespace {

constexpr std::chrono::milliseconds kAgreementLimit{100};  // then a rank goes by what it knows itself

}  // namespace

// After all that may have made an agreement speak.
void Switchboard::post_agreements(Time now) {
  for (auto posts = seats_.take_posts(); !posts.empty(); posts = seats_.take_posts()) {
    for (const Seats::Post& post : posts) {
      if (post.to == self_) seats_.tell(self_, post.news);
      if (lines_.contains(post.to)) say(post.to, make_frame(FrameKind::agreement, encode(post.news)));
    }
  }
  if (!seats_.failures_known() || !seats_.undecided()) return undecided_since_.reset();
  if (!undecided_since_) undecided_since_ = now;
}

void Switchboard::watch_agreements(Time now) {
  if (!undecided_since_ || now - *undecided_since_ < kAgreementLimit) return;
  seats_.fail_undecided();
  undecided_since_.reset();
}

Switchboard::Time Switchboard::wake_at() const {
  const Time undecided = undecided_since_ ? *undecided_since_ + kAgreementLimit : Time::max();
  const Time ping = watching_ ? next_ping_ : Time::max();
  const Time look = attended_.empty() ? Time::max() : next_look_;
  return std::min({undecided, ping, look});
}

}  // namespace weft
