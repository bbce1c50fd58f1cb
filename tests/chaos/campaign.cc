#include "chaos/campaign.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "chaos/life.h"
#include "chaos/striker.h"
#include "chaos/wishes.h"

namespace weft::test {
namespace {

constexpr int64_t kToldMs = 250, kRecoveredMs = 300;  // at the 99th percentile
constexpr int kShareFrom = 100;                       // jobs: below, shares are a matter of luck
constexpr int kViolationsMost = 3;                    // then a campaign has shown enough

int failures() {
  return ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
}

bool is_subset(Ranks part, Ranks whole) {
  return (part & ~whole) == 0;
}

// Decision 0014: the survivors of a communicator take the same decisions in the same order, and each grows. So the
// text, which holds the first, names the same ranks everywhere; who is asked later may know of more, and of two answers
// one contains the other. Who has not waited for the agreement (100 ms) names what it knows, and only that.
void judge_telling(const Job& job, int level, const Account& account, Row& row) {
  const Account::Told* first = nullptr;
  int told_of = 0;
  for (int rank = 0; rank < job.ranks; ++rank) {
    if (job.has_victim(rank)) continue;
    const Account::Told& told = account.ranks[static_cast<size_t>(rank)].told[static_cast<size_t>(level)];
    if (told.failed == 0) continue;
    ++told_of;
    EXPECT_TRUE(is_subset(told.failed | told.named, job.victim_bits())) << "rank " << rank << ": a living rank is dead";
    if (job.victims.size() == 1) {
      EXPECT_EQ(told.failed, job.victim_bits()) << "rank " << rank;
    }
    if (!told.agreed) {
      ++row.undecided;
      continue;
    }
    EXPECT_TRUE(is_subset(told.named, told.failed)) << "rank " << rank << ": named in the text, then denied";
    if (first == nullptr) first = &told;
    EXPECT_EQ(told.named, first->named) << "rank " << rank << " at level " << level << ": survivors disagree";
    EXPECT_TRUE(is_subset(told.failed, first->failed) || is_subset(first->failed, told.failed))
        << "rank " << rank << " at level " << level << ": " << told.failed << " and " << first->failed;
  }
  const bool all_or_none = told_of == job.survivors() || (level > 0 && told_of == 0);
  EXPECT_TRUE(all_or_none) << "level " << level << ": " << told_of << " of " << job.survivors() << " were told";
}

Row::Moment moment_of(const Account::Blow& blow) {
  if (blow.level > 0) return Row::going_on;
  if (blow.stage == Stage::shrinking) return Row::shrinking;
  return blow.stage == Stage::told ? Row::told : Row::untold;
}

void judge(const Job& job, const Account& account, Row& row) {
  for (int level = 0; level < static_cast<int>(job.victims.size()); ++level) judge_telling(job, level, account, row);
  if (job.victims.empty()) return;
  const Account::Blow &first = account.blows.front(), &last = account.blows[job.victims.size() - 1];
  if (job.victims.size() == 2) ++row.moments[moment_of(last)];
  for (int rank = 0; rank < job.ranks; ++rank) {
    if (job.has_victim(rank)) continue;
    const Account::Rank& survivor = account.ranks[static_cast<size_t>(rank)];
    const Ranks alive = (bit(job.ranks) - 1) & ~job.victim_bits();
    EXPECT_EQ(survivor.alive, alive) << "rank " << rank << " works with others than are left";
    row.told_us.push_back(survivor.told_us - first.us);
    row.recovered_us.push_back(survivor.recovered_us - std::max(survivor.told_us, last.us));
  }
}

// That a campaign has struck where it should.
void expect_shares(const Row& row) {
  EXPECT_GE(2 * row.inside, row.jobs) << "victims that were inside a collective";
  if (std::ranges::count(row.moments, 0) == Row::kMoments) return;
  for (const Row::Moment moment : {Row::untold, Row::shrinking, Row::going_on})
    EXPECT_GE(20 * row.moments[moment], row.jobs) << "second victims at moment " << moment;
}

void expect_limits(const Row& row) {
  EXPECT_LE(percentile(row.told_us, 99), kToldMs * 1000) << "us until survivors were told";
  EXPECT_LE(percentile(row.recovered_us, 99), kRecoveredMs * 1000) << "us until they had worked without the dead";
}

std::string replay_of(const Job& job) {
  const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
  return "WEFT_CHAOS_SEED=" + std::to_string(job.seed) +
         " WEFT_CHAOS_JOBS=1 WEFT_CHAOS_OPERATIONS=" + std::to_string(job.operations) +
         " test_chaos --gtest_filter=" + test->test_suite_name() + "." + test->name();
}

}  // namespace

void run_job(const Job& job, const Striker& striker, Row& row) {
  SCOPED_TRACE("replay: " + replay_of(job));
  const int failures_before = failures();
  SharedId id;
  Shared<Account> account;
  Expect expect{.limit = std::chrono::seconds(job.limit_seconds)};
  if (job.victims_end)
    for (const int victim : job.victims) expect_end(job.fault, victim, expect);
  const auto live = [&](int rank) {
    if (rank == job.ranks) return striker(job, *account);
    Life life(job, rank, id, *account);
    !job.victims_end&& job.has_victim(rank) ? life.live_expelled() : life.live();
  };
  run_processes(job.ranks + 1, live, expect);
  judge(job, *account, row);
  ++row.jobs;
  row.inside += account->inside ? 1 : 0;
  if (failures() == failures_before) return;
  ++row.violations;
  std::printf("replay with: %s\n", replay_of(job).c_str());
}

void run_campaign(const std::string& name, uint64_t jobs, const std::function<Job(uint64_t seed)>& draw) {
  Row& row = new_row(name);
  for (uint64_t i = 0; i < jobs && row.violations < kViolationsMost; ++i) run_job(draw(wishes().seed + i), strike, row);
  if (row.jobs >= kShareFrom && strikes_anywhere(draw(wishes().seed).fault)) expect_shares(row);
  if (wishes().limits) expect_limits(row);
}

}  // namespace weft::test
