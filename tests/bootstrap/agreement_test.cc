#include "bootstrap/agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>

#include "base/random.h"

namespace weft {
namespace {

using Start = Agreement::Start;

// A whole job in one thread: ranks, links that keep the order of what one rank says to another, and crashes, which may
// cut a rank short in the middle of what it says. Everybody learns of a crash on its own, perhaps before the last words
// of the dead have come.
class Job {
 public:
  Job(int ranks, Start start, uint64_t seed) : random_(seed) {
    for (int rank = 0; rank < ranks; ++rank) ranks_.emplace_back(ranks, rank, start);
    alive_.assign(static_cast<size_t>(ranks), true);
  }

  int size() const { return static_cast<int>(ranks_.size()); }
  Agreement& at(int rank) { return ranks_[static_cast<size_t>(rank)]; }
  bool alive(int rank) const { return alive_[static_cast<size_t>(rank)]; }
  uint64_t draw(uint64_t below) { return random_.below(below); }

  void crash(int rank, bool in_the_middle) {
    alive_[static_cast<size_t>(rank)] = false;
    auto said = at(rank).take_outgoing();
    if (in_the_middle && !said.empty()) said.resize(draw(said.size()));
    post(rank, std::move(said));
    for (int other = 0; other < size(); ++other) {
      if (other != rank) unnoticed_.push_back({other, rank});
    }
  }
  void collect(int rank) { post(rank, at(rank).take_outgoing()); }

  // One message or one notice of a crash, drawn; false: none is left.
  bool advance() {
    std::erase_if(links_, [&](const auto& link) { return link.second.empty() || !alive(link.first.second); });
    std::erase_if(unnoticed_, [&](const auto& notice) { return !alive(notice.first); });
    const uint64_t choices = links_.size() + unnoticed_.size();
    if (choices == 0) return false;
    const uint64_t choice = draw(choices);
    const int to = choice < links_.size() ? deliver(choice) : notice(choice - links_.size());
    if (draw(4) != 0) collect(to);  // Otherwise it says this with what comes next, or dies before it does.
    return true;
  }
  void settle() {
    for (;;) {
      while (advance()) continue;
      for (int rank = 0; rank < size(); ++rank) collect(rank);
      if (links_.empty()) return;
    }
  }

 private:
  void post(int from, std::vector<Agreement::Outgoing> said) {
    if (!alive(from) && said.empty()) return;
    for (auto& one : said) links_[{from, one.to}].push_back(std::move(one.message));
  }
  int deliver(uint64_t choice) {
    const auto link = std::next(links_.begin(), static_cast<ptrdiff_t>(choice));
    at(link->first.second).receive(link->first.first, link->second.front());
    link->second.pop_front();
    return link->first.second;
  }
  int notice(uint64_t choice) {
    const auto [rank, dead] = unnoticed_[choice];
    unnoticed_.erase(unnoticed_.begin() + static_cast<ptrdiff_t>(choice));
    at(rank).suspect({&dead, 1});
    return rank;
  }

  Random random_;
  std::vector<Agreement> ranks_;
  std::vector<bool> alive_;
  std::map<std::pair<int, int>, std::deque<AgreementMessage>> links_;
  std::vector<std::pair<int, int>> unnoticed_;
};

RankSet dead_of(const Job& job) {
  RankSet dead;
  for (int rank = 0; rank < job.size(); ++rank) {
    if (!job.alive(rank)) dead.push_back(rank);
  }
  return dead;
}

// Decisions of any two survivors agree as far as both have come, and name only the dead.
void expect_safe(Job& job) {
  const RankSet dead = dead_of(job);
  const std::vector<RankSet>* longest = nullptr;
  for (int rank = 0; rank < job.size(); ++rank) {
    if (!job.alive(rank)) continue;
    const auto& decisions = job.at(rank).decisions();
    if (longest == nullptr || decisions.size() > longest->size()) longest = &decisions;
  }
  for (int rank = 0; rank < job.size(); ++rank) {
    if (!job.alive(rank)) continue;
    const auto& decisions = job.at(rank).decisions();
    ASSERT_TRUE(std::equal(decisions.begin(), decisions.end(), longest->begin())) << "rank " << rank;
    ASSERT_FALSE(job.at(rank).expelled()) << "rank " << rank;
    for (const RankSet& set : decisions)
      ASSERT_TRUE(std::includes(dead.begin(), dead.end(), set.begin(), set.end())) << "rank " << rank;
  }
}

// One job of 2 to 8 ranks, of which up to all but one crash at drawn moments.
void run_failures(uint64_t seed) {
  SCOPED_TRACE(seed);
  Job job(2 + static_cast<int>(seed % 7), Start::on_failure, seed);
  const auto crashes = 1 + job.draw(static_cast<uint64_t>(job.size()) - 1);
  for (uint64_t i = 0; i < crashes; ++i) {
    for (uint64_t steps = job.draw(30); steps != 0 && job.advance(); --steps) continue;
    const int victim = static_cast<int>(job.draw(static_cast<uint64_t>(job.size())));
    if (job.alive(victim)) job.crash(victim, job.draw(2) == 0);
    expect_safe(job);
  }
  job.settle();
  expect_safe(job);
  for (int rank = 0; rank < job.size(); ++rank) {
    if (!job.alive(rank)) continue;
    ASSERT_FALSE(job.at(rank).decisions().empty()) << "rank " << rank;
    ASSERT_EQ(job.at(rank).decisions().back(), dead_of(job)) << "rank " << rank;
  }
}

// The same, where every survivor also calls for a decision at a drawn moment.
void run_calls(uint64_t seed) {
  SCOPED_TRACE(seed);
  Job job(2 + static_cast<int>(seed % 7), Start::on_call, seed);
  for (int rank = 0; rank < job.size(); ++rank) {
    for (uint64_t steps = job.draw(10); steps != 0 && job.advance(); --steps) continue;
    const bool last = dead_of(job).size() + 1 == static_cast<size_t>(job.size());
    if (!last && job.draw(3) == 0) {
      job.crash(rank, true);
    } else if (job.alive(rank)) {
      for (int other = 0; other < job.size(); ++other) {
        const bool called = other < rank || !job.alive(other);
        ASSERT_TRUE(called || job.at(other).decisions().empty()) << "rank " << other;
      }
      job.at(rank).take_part();
      job.collect(rank);
    }
    expect_safe(job);
  }
  job.settle();
  expect_safe(job);
  for (int rank = 0; rank < job.size(); ++rank) {
    ASSERT_TRUE(!job.alive(rank) || job.at(rank).decisions().size() == 1) << "rank " << rank;
  }
}

const char* const seeds_wanted = std::getenv("WEFT_TEST_SEEDS");  // More by hand: a million take 40 s.
const uint64_t kSeeds = seeds_wanted != nullptr ? std::strtoull(seeds_wanted, nullptr, 10) : 10'000;

// ranks crash at any moment, also while they speak, and also those who coordinate
// expect: survivors take the same decisions, and the last one names exactly the dead
TEST(Agreement, survivors_decide_the_same) {
  for (uint64_t seed = 0; seed < kSeeds && !HasFatalFailure(); ++seed) run_failures(seed);
}

// every rank calls at its own time, some crash instead
// expect: one decision, the same on all survivors, and not before the last of them has called
TEST(Agreement, waits_for_every_call) {
  for (uint64_t seed = 0; seed < kSeeds && !HasFatalFailure(); ++seed) run_calls(seed);
}

// a rank that lives is taken for dead by the others
// expect: it learns that it is out and decides nothing
TEST(Agreement, expels) {
  Job job(4, Start::on_failure, 1);
  const int victim = 2;
  job.at(0).suspect({&victim, 1});
  job.settle();
  EXPECT_TRUE(job.at(victim).expelled());
  EXPECT_TRUE(job.at(victim).decisions().empty());
  for (const int rank : {0, 1, 3}) EXPECT_EQ(job.at(rank).decisions(), std::vector<RankSet>{{victim}});
}

// a rank leaves in good order while the others wait for its answer
// expect: they go on without it, and all know that it does not go on with them
TEST(Agreement, does_not_wait_for_those_who_left) {
  Job job(4, Start::on_call, 1);
  for (const int rank : {0, 1, 3}) job.at(rank).take_part();
  job.settle();
  EXPECT_TRUE(job.at(0).decisions().empty());
  EXPECT_EQ(job.at(0).awaited(), RankSet{2});
  EXPECT_EQ(job.at(1).awaited(), RankSet{0});
  for (const int rank : {0, 1, 3}) job.at(rank).depart(2);
  job.settle();
  for (const int rank : {0, 1, 3}) EXPECT_EQ(job.at(rank).decisions(), std::vector<RankSet>{RankSet{2}});
}

// the coordinator dies when it has told one rank alone what was decided, and that one leaves
// expect: the others hear the decision from it
TEST(Agreement, those_who_leave_hand_their_decisions_on) {
  Agreement one(3, 1, Start::on_call), two(3, 2, Start::on_call);
  for (Agreement* each : {&one, &two}) each->take_part();
  one.receive(0, {AgreementMessage::Kind::commit, 1, {}, 1, {RankSet{}}});
  EXPECT_TRUE(one.take_outgoing().empty());
  one.take_leave();
  for (const auto& said : one.take_outgoing()) {
    if (said.to == 2) two.receive(1, said.message);
  }
  two.depart(1);
  const int coordinator = 0;
  two.suspect({&coordinator, 1});
  EXPECT_EQ(two.decisions(), one.decisions());
}

// the same, but that one stays and coordinates from then on
// expect: who asks it hears the decision
TEST(Agreement, who_asks_late_hears_what_was_decided) {
  Agreement one(3, 1, Start::on_call), two(3, 2, Start::on_call);
  for (Agreement* each : {&one, &two}) each->take_part();
  one.receive(0, {AgreementMessage::Kind::commit, 1, {}, 1, {RankSet{}}});
  const int coordinator = 0;
  for (Agreement* each : {&one, &two}) each->suspect({&coordinator, 1});
  for (const auto& said : two.take_outgoing()) {
    if (said.to == 1) one.receive(2, said.message);
  }
  for (const auto& said : one.take_outgoing()) {
    if (said.to == 2) two.receive(1, said.message);
  }
  EXPECT_EQ(two.decisions(), one.decisions());
}

}  // namespace
}  // namespace weft
