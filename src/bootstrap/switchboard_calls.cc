// How ranks find out that they called different things when nothing that arrives shows it, and why a call does not end:
// whoever waits for long tells the lowest rank what it called; that one asks all others, compares, and tells those who
// wait whom they wait for. A rank that has not come to the call which it is asked for answers again when it has.
#include <algorithm>

#include "base/log.h"
#include "bootstrap/stuck_report.h"
#include "bootstrap/switchboard.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
using Kind = CallsNews::Kind;
constexpr milliseconds kAskAgain{20};       // sooner, the answers to the last questions are still on their way
constexpr milliseconds kAnswerLimit{100};   // a rank that has not answered by then is not waited for
constexpr uint32_t kSilentMs = 500;         // and if it has said nothing for so long, it is silent, not busy
constexpr milliseconds kLook{10};           // how often a rank that owes an answer looks whether it can give it
constexpr milliseconds kReportAgain{8000};  // less than what waiting ranks let pass between two wishes for a report

bool is_sensible(const CallsNews& news, size_t ranks) {
  const auto inside = [&](int rank) { return rank >= 0 && static_cast<size_t>(rank) < ranks; };
  return inside(news.from) && std::all_of(news.diagnosis.culprits.begin(), news.diagnosis.culprits.end(),
                                          [&](const auto& each) { return inside(each.rank); });
}

}  // namespace

void Switchboard::tell_calls(Seat& seat, uint32_t around, Kind kind, Time now) {
  CallsNews news{.key = seat.key, .from = seat.rank, .to = seat.failures().coordinator(), .kind = kind};
  news.place = seat.watch.source.place();
  news.number = around == 0 ? news.place.latest.number() : around;
  news.calls = seat.watch.source.calls(news.number);
  post(seat.member(news.to).process, news, now);
}

void Switchboard::post(const ProcessId& to, const CallsNews& news, Time now) {
  if (to == self_) return take_calls(self_, news, now);
  say(to, make_frame(FrameKind::calls, encode(news)));
}

void Switchboard::take_calls(const ProcessId& from, const CallsNews& news, Time now) {
  Seat* const seat = seats_.find(news.key, news.to);
  if (seat == nullptr || !seat->watch.source.calls || !is_sensible(news, seat->roster.size())) return;
  if (seat->member(news.from).process != from || seat->alive->stopped()) return;
  if (news.kind == Kind::question) return answer_calls(*seat, news, now);
  if (news.kind != Kind::diagnosis) return hear_calls(*seat, news, now);
  CallWatch& watch = seat->watch;
  // A cycle was one until a rank in it gave up.
  const bool was_cycle = watch.diagnosis.cause == Cause::order_cycle && watch.diagnosis.number == news.diagnosis.number;
  if (!was_cycle || news.diagnosis.cause != Cause::not_joined) watch.diagnosis = news.diagnosis;
  ++watch.diagnoses;
}

// At once, whatever there is to say; and again when the call has been entered.
void Switchboard::answer_calls(Seat& seat, const CallsNews& question, Time now) {
  CallsNews answer{.key = seat.key, .from = seat.rank, .to = question.from, .number = question.number};
  answer.place = seat.watch.source.place();
  answer.calls = seat.watch.source.calls(question.number);
  if (answer.place.latest.number() < question.number) {
    look_elsewhere(seat, answer.place);
    auto& owed = seat.watch.owed;
    owed = owed ? std::pair(std::min(owed->first, question.number), std::max(owed->second, question.number))
                : std::pair(question.number, question.number);
    seat.watch.owed_to = question.from;
    attend(seat, now);
  }
  post(seat.member(question.from).process, answer, now);
}

// Whether the thread that should come to this seat's call waits on another communicator of this process.
void Switchboard::look_elsewhere(const Seat& seat, RankPlace& place) const {
  if (place.inside) return;
  seats_.for_each([&](const Seat& other) {
    if (other.key == seat.key || !other.watch.source.place) return;
    const RankPlace there = other.watch.source.place();
    if (!there.inside || there.since_ms == 0 || (place.thread != 0 && place.thread != there.thread)) return;
    place.elsewhere = other.key;
    place.elsewhere_call = there.latest;
    const Diagnosis& known = other.watch.diagnosis;
    place.crossed = known.number == there.latest.number() &&
                    std::any_of(known.culprits.begin(), known.culprits.end(), [&](const Diagnosis::Culprit& each) {
                      return each.elsewhere_number != 0 && each.elsewhere == seat.key;
                    });
  });
}

void Switchboard::hear_calls(Seat& seat, const CallsNews& news, Time now) {
  CallWatch& watch = seat.watch;
  const bool waits = news.kind != Kind::told;
  if (waits && now - watch.forgot_at >= kAskAgain) {
    watch.forgot_at = now;
    watch.comparison.forget();
    watch.asked.clear();
  }
  watch.gathering.note(news.from, news.place, now);
  std::vector<CallWords> calls = news.calls;
  if (news.place.latest.number() != 0) calls.push_back(news.place.latest);
  if (const auto found = watch.comparison.note(news.from, calls)) return report(seat, *found, now);
  if (waits) {
    watch.waiters.insert(news.from);
    watch.report_wanted = watch.report_wanted || news.kind == Kind::stuck;
    if (watch.asked.insert(news.number).second) ask_calls(seat, news, now);
  }
  if (!seat.alive->stopped() && !watch.waiters.empty() && !watch.gathering.open()) conclude(seat, now);
}

void Switchboard::ask_calls(Seat& seat, const CallsNews& asker, Time now) {
  std::vector<int> living;
  for (const Member& member : seat.roster) {
    if (seat.peers[static_cast<size_t>(member.rank)] != Seat::Peer::departed) living.push_back(member.rank);
  }
  seat.watch.gathering.begin(living, asker.from, now);
  attend(seat, now);
  ++comparisons_;
  for (const int rank : living) {
    if (rank == asker.from) continue;
    if (seat.alive->stopped()) return;  // An answer of a rank of this process has shown a difference.
    post(seat.member(rank).process,
         {.key = seat.key, .from = seat.rank, .to = rank, .kind = Kind::question, .number = asker.number}, now);
  }
}

// All have answered, or will not: who holds the call up.
void Switchboard::conclude(Seat& seat, Time now) {
  CallWatch& watch = seat.watch;
  CallsNews news{.key = seat.key, .from = seat.rank, .kind = Kind::diagnosis};
  news.diagnosis = watch.gathering.diagnose([&](int rank) { return heard_ms(seat, rank, now) >= kSilentMs; });
  for (const int waiter : std::exchange(watch.waiters, {})) {
    news.to = waiter;
    post(seat.member(waiter).process, news, now);
  }
  if (!std::exchange(watch.report_wanted, false) || now - watch.reported_at < kReportAgain) return;
  watch.reported_at = now;
  const StuckReport report{seat.key, seat.roster, watch.gathering, watch.source,
                           [&](int rank) { return heard_ms(seat, rank, now); }};
  log_warn("comm", "{}", report.text(news.diagnosis));
}

// How long ago anything came from that rank's process while somebody waited for it.
uint32_t Switchboard::heard_ms(const Seat& seat, int rank, Time now) const {
  const auto line = lines_.find(seat.member(rank).process);
  const auto answered = seat.watch.gathering.heard_at(rank).value_or(Time{});
  const auto at = line == lines_.end() ? answered : std::max(answered, line->second.since);
  return static_cast<uint32_t>(std::chrono::duration_cast<milliseconds>(now - at).count());
}

// All ranks are told alike, and this one too.
void Switchboard::report(Seat& seat, const Disagreement& found, Time now) {
  const Notice notice{.kind = FrameKind::failure,
                      .key = seat.key,
                      .rank = seat.rank,
                      .joining = seat.young,
                      .relayed = true,
                      .code = Code::mismatch,
                      .text = seat.watch.source.describe_disagreement(found)};
  seat.alive->fail(Status(notice.code, notice.text));
  announce(seat, notice, now);
}

void Switchboard::attend(Seat& seat, Time now) {
  if (attended_.empty()) next_look_ = now + kLook;
  if (std::find(attended_.begin(), attended_.end(), &seat) == attended_.end()) attended_.push_back(&seat);
}

void Switchboard::look_after_calls(Time now) {
  if (attended_.empty() || now < next_look_) return;
  next_look_ = now + kLook;
  const std::vector<Seat*> due = attended_;
  for (Seat* const seat : due) {
    CallGathering& gathering = seat->watch.gathering;
    if (!seat->alive->stopped()) pay_owed(*seat, now);
    if (!seat->alive->stopped() && gathering.open() && now - gathering.begun_at() > kAnswerLimit) {
      conclude(*seat, now);
      gathering.close();
    }
    if (seat->alive->stopped() || (!seat->watch.owed && !gathering.open())) std::erase(attended_, seat);
  }
}

// The answers that this rank could not give when it was asked.
void Switchboard::pay_owed(Seat& seat, Time now) {
  CallWatch& watch = seat.watch;
  while (watch.owed) {
    const auto [first, last] = *watch.owed;
    const uint32_t latest = watch.source.place().latest.number();
    if (latest < first) return;
    watch.owed = latest < last ? std::optional(std::pair(last, last)) : std::nullopt;
    CallsNews answer{.key = seat.key, .from = seat.rank, .to = watch.owed_to, .number = first};
    answer.place = watch.source.place();
    answer.calls = watch.source.calls(first);
    post(seat.member(watch.owed_to).process, answer, now);
  }
}

}  // namespace weft
