// What it means for the seats that a process is gone: the survivors of each communicator agree on who is, and only then
// does the communicator fail, with the same ranks named everywhere.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "bootstrap/seats.h"

namespace weft {
namespace {

// "rank 3 (node-a pid 4711)", "ranks 2, 4-5 (node-a pid 4711)": those of one process.
std::string describe_all(const Seat& seat, const std::vector<int>& ranks) {
  const Member& first = seat.member(ranks.front());
  if (ranks.size() == 1) return describe(first);
  return fmt::format("ranks {} ({} pid {})", rank_ranges(ranks), first.host, first.pid);
}

// "rank 3 (node-a pid 4711) died: its process ended; rank 5 (node-b pid 12) died: other ranks noticed"
std::string describe_failed(const Seat& seat, const RankSet& failed) {
  std::string text;
  for (size_t i = 0; i < failed.size();) {
    const ProcessId& process = seat.member(failed[i]).process;
    std::vector<int> ranks;
    for (; i < failed.size() && seat.member(failed[i]).process == process; ++i) ranks.push_back(failed[i]);
    const auto cause = seat.causes.find(ranks.front());
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", describe_all(seat, ranks),
                        cause == seat.causes.end() ? "died: other ranks noticed" : cause->second);
  }
  return text;
}

Cause cause_of(const Seat& seat, const RankSet& failed) {
  for (const auto& [rank, text] : seat.causes) {
    if (!std::binary_search(failed.begin(), failed.end(), rank)) continue;
    if (text.starts_with(kSilent)) return Cause::stopped;
    if (text.starts_with(kCorrupt)) return Cause::corrupt;
  }
  return Cause::none;
}

// On which communicator, if it has a name.
std::string where(const Seat& seat) {
  const std::string& name = seat.watch.source.name;
  return name.empty() ? "" : fmt::format(" on communicator \"{}\"", name);
}

// Whether all ranks that a message names are ranks of the communicator.
bool fits(const AgreementMessage& message, size_t ranks) {
  const auto inside = [&](const RankSet& set) { return set.empty() || static_cast<size_t>(set.back()) < ranks; };
  return inside(message.failed) && std::all_of(message.decisions.begin(), message.decisions.end(), inside);
}

RankSet survivors_of(const Seat& seat, const RankSet& failed) {
  RankSet survivors;
  for (size_t rank = 0; rank < seat.roster.size(); ++rank) {
    const bool has_failed = std::binary_search(failed.begin(), failed.end(), static_cast<int>(rank));
    if (!has_failed && seat.peers[rank] != Seat::Peer::departed) survivors.push_back(static_cast<int>(rank));
  }
  return survivors;
}

}  // namespace

void Seats::lose(const ProcessId& process, Code code, const std::string& what) {
  for (const auto& [key, seat] : seats_) lose_in(*seat, process, code, what);
}

void Seats::lose_in(Seat& seat, const ProcessId& process, Code code, const std::string& what) {
  std::vector<int> lost;
  for (const Member& member : seat.roster) {
    const bool departed = seat.peers[static_cast<size_t>(member.rank)] == Seat::Peer::departed;
    if (member.process == process && !departed) lost.push_back(member.rank);
  }
  if (lost.empty()) return;
  for (const int rank : lost) seat.causes.emplace(rank, what);
  // Before all have come there is nobody to agree with: some may not have a seat yet.
  const bool joining = seat.absent != 0;
  if (joining || code != Code::remote_error)
    seat.alive->fail(Status(code, describe_failed(seat, lost)), cause_of(seat, lost));
  failures_known_ = true;
  for (Agreement& agreement : seat.agreements) agreement.suspect(lost);
  owe_posts(seat);
  settle(seat);
}

void Seats::meet(const ProcessId& process) {
  for (const auto& [key, seat] : seats_) {
    for (const Member& member : seat->roster) {
      if (member.process != process || member.rank == seat->rank) continue;
      for (Agreement& agreement : seat->agreements) agreement.meet(member.rank);
      owe_posts(*seat);
    }
  }
}

void Seats::call(Seat& seat, Subject subject) {
  if (!seat.agreement(subject).called()) seat.agreement(subject).take_part();
  owe_posts(seat);
}

void Seats::take_leave(Seat& seat) {
  for (Agreement& agreement : seat.agreements) agreement.take_leave();
  owe_posts(seat);
}

void Seats::tell(const ProcessId& from, const AgreementNews& news) {
  if (Seat* const seat = find(news.key, news.to); seat != nullptr) return apply(*seat, from, news);
  if (early_agreements_.size() == kEarlyAgreementsMax) early_agreements_.pop_front();
  early_agreements_.push_back({from, news});
}

// A process speaks for its own ranks only.
void Seats::apply(Seat& seat, const ProcessId& from, const AgreementNews& news) {
  if (news.to != seat.rank || news.from < 0 || news.from >= static_cast<int>(seat.roster.size())) return;
  if (seat.member(news.from).process != from || !fits(news.message, seat.roster.size())) return;
  for (const auto& [rank, cause] : news.causes) {
    if (rank >= 0 && static_cast<size_t>(rank) < seat.roster.size()) seat.causes.emplace(rank, cause);
  }
  seat.agreement(news.subject).receive(news.from, news.message);
  for (Agreement& agreement : seat.agreements) agreement.suspect(seat.failures().failed());
  failures_known_ = failures_known_ || !seat.failures().failed().empty();
  owe_posts(seat);
  settle(seat);
}

// Tells this rank what was decided since the last time.
void Seats::settle(Seat& seat) {
  if (seat.expelled()) {
    seat.alive->fail(error(Code::remote_error,
                           "the other ranks treat {} as dead: it did not answer for too long, or lost its connections",
                           describe(seat.member(seat.rank))));
    return;
  }
  for (; seat.decisions_told < seat.failures().decided(); ++seat.decisions_told) {
    const RankSet& failed = seat.failures().decision(seat.decisions_told);
    const RankSet survivors = survivors_of(seat, failed);
    const std::string verdict =
        survivors.size() == 1 ? "1 survivor decides" : fmt::format("{} survivors agree", survivors.size());
    const std::string text =
        fmt::format("{}; {} on failed={{{}}}", describe_failed(seat, failed), verdict, rank_ranges(failed));
    const bool first = seat.alive->fail(Status(Code::remote_error, text), cause_of(seat, failed));
    if (first && !survivors.empty() && survivors.front() == seat.rank)
      log_warn("bootstrap", "{}{}. weftCommShrink makes a communicator of those who are left", text, where(seat));
  }
}

void Seats::owe_posts(Seat& seat) {
  if (!std::exchange(seat.owes_posts, true)) posts_due_.push_back(&seat);
}

std::vector<Seats::Post> Seats::take_posts() {
  std::vector<Post> posts;
  for (Seat* const seat : std::exchange(posts_due_, {})) {
    seat->owes_posts = false;
    for (const Subject subject : kSubjects) {
      for (auto& said : seat->agreement(subject).take_outgoing())
        posts.push_back({seat->member(said.to).process,
                         {seat->key, subject, seat->rank, said.to, std::move(said.message), seat->causes}});
    }
  }
  return posts;
}

bool Seats::undecided() const {
  return std::any_of(seats_.begin(), seats_.end(), [](const auto& one) {
    return !one.second->failures().failed().empty() && !one.second->alive->stopped();
  });
}

void Seats::fail_all(const Status& why) {
  for (const auto& [key, seat] : seats_) seat->alive->fail(why.copy());
}

void Seats::fail_undecided() {
  for (const auto& [key, seat] : seats_) {
    const RankSet& failed = seat->failures().failed();
    if (failed.empty() || seat->alive->stopped()) continue;
    const std::string text = fmt::format("{}; the survivors have not agreed yet: rank {} has not answered",
                                         describe_failed(*seat, failed), rank_ranges(seat->failures().awaited()));
    seat->alive->fail(Status(Code::remote_error, text), cause_of(*seat, failed));
  }
}

}  // namespace weft
