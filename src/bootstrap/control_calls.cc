// How ranks find out that they called different things when nothing that arrives shows it, and why a call does not end:
// whoever waits for long tells the lowest rank what it called; that one asks all others, compares, and tells those who
// wait whom they wait for. A rank that has not come to the call which it is asked for answers again when it has.
#include <sys/eventfd.h>

#include <algorithm>

#include "base/log.h"
#include "bootstrap/control.h"
#include "bootstrap/stuck_report.h"

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

void Control::tell_calls(Seat& seat, uint32_t around, Kind kind) {
  std::lock_guard lock(mutex_);
  tell_calls_held(seat, around, kind);
}

void Control::tell_calls_held(Seat& seat, uint32_t around, Kind kind) {
  CallsNews news{.key = seat.key, .from = seat.rank, .to = seat.failures.coordinator(), .kind = kind};
  news.place = seat.watch.source.place();
  news.number = around == 0 ? news.place.latest.number() : around;
  news.calls = seat.watch.source.calls(news.number);
  post(seat.member(news.to).process, news);
}

std::optional<Diagnosis> Control::diagnose(Seat& seat, Deadline deadline) {
  std::unique_lock lock(mutex_);
  const uint64_t before = seat.watch.diagnoses;
  tell_calls_held(seat, 0, Kind::waiting);
  while (seat.watch.diagnoses == before && !seat.alive->stopped() && !deadline.passed())
    changed_.wait_for(lock, milliseconds(deadline.left_ms(kAnswerLimit.count())));
  if (seat.watch.diagnoses == 0) return std::nullopt;
  return seat.watch.diagnosis;
}

uint64_t Control::comparisons() const {
  std::lock_guard lock(mutex_);
  return comparisons_;
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
  if (seat == nullptr || !seat->watch.source.calls || !is_sensible(news, seat->roster.size())) return;
  if (seat->member(news.from).process != from || seat->alive->stopped()) return;
  if (news.kind == Kind::question) return answer_calls(*seat, news);
  if (news.kind != Kind::diagnosis) return hear_calls(*seat, news);
  CallWatch& watch = seat->watch;
  // A cycle was one until a rank in it gave up.
  const bool was_cycle = watch.diagnosis.cause == Cause::order_cycle && watch.diagnosis.number == news.diagnosis.number;
  if (!was_cycle || news.diagnosis.cause != Cause::not_joined) watch.diagnosis = news.diagnosis;
  ++watch.diagnoses;
  changed_.notify_all();
}

// At once, whatever there is to say; and again when the call has been entered.
void Control::answer_calls(Seat& seat, const CallsNews& question) {
  CallsNews answer{.key = seat.key, .from = seat.rank, .to = question.from, .number = question.number};
  answer.place = seat.watch.source.place();
  answer.calls = seat.watch.source.calls(question.number);
  if (answer.place.latest.number() < question.number) {
    look_elsewhere(seat, answer.place);
    auto& owed = seat.watch.owed;
    owed = owed ? std::pair(std::min(owed->first, question.number), std::max(owed->second, question.number))
                : std::pair(question.number, question.number);
    seat.watch.owed_to = question.from;
    attend(seat);
  }
  post(seat.member(question.from).process, answer);
}

// Whether the thread that should come to this seat's call waits on another communicator of this process.
void Control::look_elsewhere(const Seat& seat, RankPlace& place) const {
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

void Control::hear_calls(Seat& seat, const CallsNews& news) {
  CallWatch& watch = seat.watch;
  const auto now = Clock::now();
  const bool waits = news.kind != Kind::told;
  if (waits && now - watch.forgot_at >= kAskAgain) {
    watch.forgot_at = now;
    watch.comparison.forget();
    watch.asked.clear();
  }
  watch.gathering.note(news.from, news.place, now);
  std::vector<CallWords> calls = news.calls;
  if (news.place.latest.number() != 0) calls.push_back(news.place.latest);
  if (const auto found = watch.comparison.note(news.from, calls)) return report(seat, *found);
  if (waits) {
    watch.waiters.insert(news.from);
    watch.report_wanted = watch.report_wanted || news.kind == Kind::stuck;
    if (watch.asked.insert(news.number).second) ask_calls(seat, news);
  }
  if (!seat.alive->stopped() && !watch.waiters.empty() && !watch.gathering.open()) conclude(seat);
}

void Control::ask_calls(Seat& seat, const CallsNews& asker) {
  std::vector<int> living;
  for (const Member& member : seat.roster) {
    if (seat.peers[static_cast<size_t>(member.rank)] != Seat::Peer::departed) living.push_back(member.rank);
  }
  seat.watch.gathering.begin(living, asker.from, Clock::now());
  attend(seat);
  ++comparisons_;
  for (const int rank : living) {
    if (rank == asker.from) continue;
    if (seat.alive->stopped()) return;  // An answer of a rank of this process has shown a difference.
    post(seat.member(rank).process,
         {.key = seat.key, .from = seat.rank, .to = rank, .kind = Kind::question, .number = asker.number});
  }
}

// All have answered, or will not: who holds the call up.
void Control::conclude(Seat& seat) {
  CallWatch& watch = seat.watch;
  CallsNews news{.key = seat.key, .from = seat.rank, .kind = Kind::diagnosis};
  news.diagnosis = watch.gathering.diagnose([&](int rank) { return heard_ms(seat, rank) >= kSilentMs; });
  for (const int waiter : std::exchange(watch.waiters, {})) {
    news.to = waiter;
    post(seat.member(waiter).process, news);
  }
  const auto now = Clock::now();
  if (!std::exchange(watch.report_wanted, false) || now - watch.reported_at < kReportAgain) return;
  watch.reported_at = now;
  const StuckReport report{seat.key, seat.roster, watch.gathering, watch.source,
                           [&](int rank) { return heard_ms(seat, rank); }};
  log_warn("comm", "{}", report.text(news.diagnosis));
}

// How long ago anything came from that rank's process while somebody waited for it.
uint32_t Control::heard_ms(const Seat& seat, int rank) {
  const Link* const link = find_link(seat.member(rank).process);
  const auto answered = seat.watch.gathering.heard_at(rank).value_or(Clock::time_point{});
  const auto at = link == nullptr ? answered : std::max(answered, link->watch.since);
  return static_cast<uint32_t>(std::chrono::duration_cast<milliseconds>(Clock::now() - at).count());
}

// All ranks are told alike, and this one too.
void Control::report(Seat& seat, const Disagreement& found) {
  const Notice notice{.kind = FrameKind::failure,
                      .key = seat.key,
                      .rank = seat.rank,
                      .joining = seat.young,
                      .relayed = true,
                      .code = Code::mismatch,
                      .text = seat.watch.source.describe_disagreement(found)};
  seat.alive->fail(Status(notice.code, notice.text));
  announce_held(seat, notice);
}

void Control::attend(Seat& seat) {
  if (attended_.insert(&seat).second && attended_.size() == 1) eventfd_write(wake_.get(), 1);
}

int64_t Control::calls_sleep_ms(int64_t at_most_ms) const {
  return attended_.empty() ? at_most_ms : std::min<int64_t>(at_most_ms, kLook.count());
}

void Control::look_after_calls() {
  const std::vector<Seat*> due(attended_.begin(), attended_.end());
  for (Seat* const seat : due) {
    if (!seat->alive->stopped()) {
      pay_owed(*seat);
      if (seat->watch.gathering.open() && Clock::now() - seat->watch.gathering.begun_at() > kAnswerLimit) {
        conclude(*seat);
        seat->watch.gathering.close();
      }
    }
    if (seat->alive->stopped() || (!seat->watch.owed && !seat->watch.gathering.open())) attended_.erase(seat);
  }
}

// The answers that this rank could not give when it was asked.
void Control::pay_owed(Seat& seat) {
  CallWatch& watch = seat.watch;
  while (watch.owed) {
    const auto [first, last] = *watch.owed;
    const uint32_t latest = watch.source.place().latest.number();
    if (latest < first) return;
    watch.owed = latest < last ? std::optional(std::pair(last, last)) : std::nullopt;
    CallsNews answer{.key = seat.key, .from = seat.rank, .to = watch.owed_to, .number = first};
    answer.place = watch.source.place();
    answer.calls = watch.source.calls(first);
    post(seat.member(watch.owed_to).process, answer);
  }
}

}  // namespace weft
