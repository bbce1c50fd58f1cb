// How ranks find out that they called different things when nothing that arrives shows it: whoever waits for long tells
// the lowest rank what it called; that one asks the others and compares.
#include <algorithm>

#include "bootstrap/control.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kAskAgain{20};  // sooner, the answers to the last questions are still on their way

}  // namespace

void Control::tell_calls(Seat& seat) {
  std::lock_guard lock(mutex_);
  post(seat.member(seat.failures.coordinator()).process,
       {seat.key, seat.rank, seat.failures.coordinator(), false, seat.calls()});
}

void Control::post(const ProcessId& to, const CallsNews& news) {
  if (to == self_) return take_calls(self_, news);
  Link* const link = find_link(to);
  if (link == nullptr) return;
  link->push(make_frame(FrameKind::calls, encode(news)));
  flush_link(*link);
}

void Control::take_calls(const ProcessId& from, const CallsNews& news) {
  Seat* const seat = seats_.find(news.key, news.to);
  if (seat == nullptr || !seat->calls || news.from < 0 || news.from >= static_cast<int>(seat->roster.size())) return;
  if (seat->member(news.from).process != from || seat->alive->stopped()) return;
  if (news.question) return post(from, {news.key, news.to, news.from, false, seat->calls()});
  auto found = seat->comparison.note(news.from, news.calls);
  if (!found) found = seat->comparison.note(seat->rank, seat->calls());
  if (found) return report(*seat, *found);
  if (Clock::now() - seat->asked_at < kAskAgain) return;
  seat->asked_at = Clock::now();
  for (const Member& member : seat->roster) {
    const bool gone = seat->peers[static_cast<size_t>(member.rank)] == Seat::Peer::departed;
    if (member.rank != seat->rank && member.rank != news.from && !gone)
      post(member.process, {news.key, seat->rank, member.rank, true, {}});
  }
}

// All ranks are told alike, and this one too.
void Control::report(Seat& seat, const Disagreement& found) {
  const Notice notice{.kind = FrameKind::failure,
                      .key = seat.key,
                      .rank = seat.rank,
                      .joining = seat.young,
                      .relayed = true,
                      .code = Code::mismatch,
                      .text = seat.describe(found)};
  seat.alive->fail(Status(notice.code, notice.text));
  announce_held(seat, notice);
}

}  // namespace weft
