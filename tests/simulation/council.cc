#include "simulation/council.h"

namespace weft::simulation {
namespace {

constexpr int kDeedsMax = 5000;  // many more than any council needs

bool includes(const RankSet& all, const RankSet& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

}  // namespace

Council::Council(uint64_t seed)
    : random_(mix64(~seed)),
      start_(seed % 3 == 0 ? Agreement::Start::on_failure : Agreement::Start::on_call),
      rounds_(start_ == Agreement::Start::on_call ? 1 + random_.below(3) : 0),
      calm_(uint64_t{1} << random_.below(6)) {
  const int ranks = static_cast<int>(2 + random_.below(4));
  const bool late_links = random_.below(4) == 0;
  for (int rank = 0; rank < ranks; ++rank) {
    delegates_.push_back({.agreement = Agreement(ranks, rank, start_)});
    for (int other = 0; other < rank; ++other) {
      if (late_links && random_.below(2) == 0) unmet_.insert({other, rank});
    }
  }
  crashes_left_ = static_cast<int>(random_.below(static_cast<uint64_t>(ranks)));
  leaves_left_ = random_.below(2) == 0 ? static_cast<int>(random_.below(static_cast<uint64_t>(ranks))) : 0;
}

std::string Council::run() {
  for (int deeds = 0; violation_.empty(); ++deeds) {
    const std::vector<Choice> open = choices();
    if (open.empty()) break;
    if (deeds == kDeedsMax) violate("the ranks talk for ever");
    carry_out(open[random_.below(open.size())]);
  }
  if (violation_.empty()) judge();
  return violation_;
}

std::vector<Council::Choice> Council::choices() {
  std::vector<Choice> all;
  std::erase_if(links_, [&](const auto& link) { return link.second.empty() || !at(link.first.second).present(); });
  std::erase_if(unnoticed_, [&](const auto& notice) { return !at(notice.first).present(); });
  std::erase_if(unmet_, [&](const auto& pair) { return !at(pair.first).present() || !at(pair.second).present(); });
  for (const auto& [link, items] : links_) {
    all.push_back({Deed::hear, link.first, link.second});
    all.push_back({Deed::hear, link.first, link.second});  // Mostly that.
  }
  for (const auto& [rank, dead] : unnoticed_) all.push_back({Deed::notice, rank, dead});
  for (const auto& [one, other] : unmet_) all.push_back({Deed::meet, one, other});
  for (int rank = 0; rank < size(); ++rank) {
    if (at(rank).present()) add_choices_of(rank, all);
  }
  return all;
}

void Council::add_choices_of(int rank, std::vector<Choice>& choices) {
  const Delegate& one = at(rank);
  if (one.asked < rounds_ && one.asked == one.agreement.decided()) choices.push_back({Deed::call, rank, rank});
  if (crashes_left_ > 0 && random_.below(calm_) == 0) choices.push_back({Deed::crash, rank, rank});
  if (leaves_left_ > 0 && random_.below(calm_) == 0 && may_leave(rank)) choices.push_back({Deed::leave, rank, rank});
}

// Whoever is on its way to the others has not come yet; whoever has called waits.
bool Council::may_leave(int rank) {
  const bool waits = at(rank).asked > at(rank).agreement.decided();
  return !waits &&
         std::ranges::none_of(unmet_, [&](const auto& pair) { return pair.first == rank || pair.second == rank; });
}

void Council::carry_out(const Choice& choice) {
  switch (choice.deed) {
    case Deed::hear:
      hear(choice.rank, choice.other);
      break;
    case Deed::notice:
      at(choice.rank).agreement.suspect({&choice.other, 1});
      std::erase(unnoticed_, std::pair(choice.rank, choice.other));
      break;
    case Deed::call:
      call(choice.rank);
      break;
    case Deed::meet:
      unmet_.erase({choice.rank, choice.other});
      at(choice.rank).agreement.meet(choice.other);
      at(choice.other).agreement.meet(choice.rank);
      collect(choice.rank);
      collect(choice.other);
      break;
    case Deed::crash:
      return crash(choice.rank);
    case Deed::leave:
      return leave(choice.rank);
  }
  for (const int rank : {choice.rank, choice.other}) {
    if (at(rank).present()) collect(rank), check(rank);
  }
}

void Council::call(int rank) {
  Delegate& one = at(rank);
  one.knew.push_back(one.agreement.failed());
  ++one.asked;
  one.agreement.take_part();
}

void Council::hear(int from, int to) {
  auto& items = links_[{from, to}];
  const Item item = std::move(items.front());
  items.pop_front();
  if (item) return at(to).agreement.receive(from, *item);
  at(to).agreement.depart(from);
}

// Of what it said last, some may not have left it, to each other rank less or more.
void Council::crash(int rank) {
  --crashes_left_;
  at(rank).dead = true;
  for (int other = 0; other < size(); ++other) {
    if (other == rank || !at(other).present()) continue;
    unnoticed_.emplace_back(other, rank);
    auto& items = links_[{rank, other}];
    if (random_.below(2) == 0) items.resize(random_.below(items.size() + 1));
  }
}

void Council::leave(int rank) {
  --leaves_left_;
  at(rank).agreement.take_leave();
  collect(rank);
  at(rank).left = true;
  for (int other = 0; other < size(); ++other) {
    if (other != rank) links_[{rank, other}].push_back(std::nullopt);
  }
}

void Council::collect(int rank) {
  for (auto& said : at(rank).agreement.take_outgoing()) {
    if (met(rank, said.to)) links_[{rank, said.to}].push_back(std::move(said.message));
  }
}

void Council::check(int rank) {
  Delegate& one = at(rank);
  if (one.agreement.expelled()) violate("rank {} is out, but nobody took it for dead", rank);
  for (; one.seen < one.agreement.decided() && violation_.empty(); ++one.seen) {
    one.taken.push_back(one.agreement.decision(one.seen));
    check_decision(rank, one.seen);
  }
}

void Council::check_decision(int rank, size_t number) {
  const RankSet& decision = at(rank).taken[number];
  for (const int gone : decision) {
    const Delegate& one = at(gone);
    if (!one.dead && (!one.left || start_ == Agreement::Start::on_failure))
      violate("rank {} has left out rank {}, which is there", rank, gone);
  }
  for (int other = 0; other < size(); ++other) {
    const Delegate& one = at(other);
    if (one.dead) continue;
    if (one.taken.size() > number && one.taken[number] != decision)
      violate("ranks {} and {} have taken different decisions {}", rank, other, number);
    if (start_ == Agreement::Start::on_failure || one.left) continue;
    if (one.asked <= number && !std::binary_search(decision.begin(), decision.end(), other))
      violate("rank {} has taken decision {}, which rank {} has not called for", rank, number, other);
  }
  check_fenced(rank, number);
  if (number < at(rank).knew.size() && !includes(decision, at(rank).knew[number]))
    violate("rank {} knew of more that are gone when it called for decision {}", rank, number);
}

// Whom the first to take a decision leaves out is heard by nobody any more, so no other decision can follow from it.
void Council::check_fenced(int rank, size_t number) {
  const RankSet& decision = at(rank).taken[number];
  if (std::ranges::any_of(delegates_,
                          [&](const Delegate& one) { return &one != &at(rank) && one.taken.size() > number; }))
    return;
  for (int other = 0; other < size(); ++other) {
    const bool left_out = std::binary_search(decision.begin(), decision.end(), other);
    if (at(other).present() && !left_out && !includes(at(other).agreement.failed(), decision))
      violate("rank {} has taken decision {}, and rank {} still hears whom it leaves out", rank, number, other);
  }
}

// Nothing is under way any more.
void Council::judge() {
  RankSet dead;
  for (int rank = 0; rank < size(); ++rank) {
    if (at(rank).dead) dead.push_back(rank);
  }
  for (int rank = 0; rank < size(); ++rank) {
    const Delegate& one = at(rank);
    if (!one.present()) continue;
    if (start_ == Agreement::Start::on_call && one.taken.size() != rounds_)
      violate("rank {} waits for decision {} for ever", rank, one.taken.size());
    if (start_ == Agreement::Start::on_failure && !dead.empty() && (one.taken.empty() || one.taken.back() != dead))
      violate("rank {} has not decided who is dead", rank);
  }
}

}  // namespace weft::simulation
