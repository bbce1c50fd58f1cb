// How ranks find out that they called different things when nothing that arrives shows it: whoever waits for long tells
// the lowest rank what it called; that one asks the others and compares.
#include "bootstrap/switchboard.h"

namespace weft {
namespace {

// Sooner, the answers to the last questions are still on their way; later, the second time that a rank tells its calls,
// 15 ms after the first, would ask nobody.
constexpr std::chrono::milliseconds kAskAgain{10};

}  // namespace

void Switchboard::tell_calls(Seat& seat, Time now) {
  const int coordinator = seat.failures.coordinator();
  post(seat.member(coordinator).process, {seat.key, seat.rank, coordinator, false, seat.calls()}, now);
}

void Switchboard::post(const ProcessId& to, const CallsNews& news, Time now) {
  if (to == self_) return take_calls(self_, news, now);
  say(to, make_frame(FrameKind::calls, encode(news)));
}

void Switchboard::take_calls(const ProcessId& from, const CallsNews& news, Time now) {
  Seat* const seat = seats_.find(news.key, news.to);
  if (seat == nullptr || !seat->calls || news.from < 0 || news.from >= static_cast<int>(seat->roster.size())) return;
  if (seat->member(news.from).process != from || seat->alive->stopped()) return;
  if (news.question) return post(from, {news.key, news.to, news.from, false, seat->calls()}, now);
  auto found = seat->comparison.note(news.from, news.calls);
  if (!found) found = seat->comparison.note(seat->rank, seat->calls());
  if (found) return report(*seat, *found, now);
  if (now - seat->asked_at < kAskAgain) return;
  seat->asked_at = now;
  for (const Member& member : seat->roster) {
    const bool gone = seat->peers[static_cast<size_t>(member.rank)] == Seat::Peer::departed;
    if (member.rank != seat->rank && member.rank != news.from && !gone)
      post(member.process, {news.key, seat->rank, member.rank, true, {}}, now);
  }
}

// All ranks are told alike, and this one too.
void Switchboard::report(Seat& seat, const Disagreement& found, Time now) {
  const Notice notice{.kind = FrameKind::failure,
                      .key = seat.key,
                      .rank = seat.rank,
                      .joining = seat.young,
                      .relayed = true,
                      .code = Code::mismatch,
                      .text = seat.describe(found)};
  seat.alive->fail(Status(notice.code, notice.text));
  announce(seat, notice, now);
}

}  // namespace weft
