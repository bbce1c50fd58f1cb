// Seeded campaigns: ranks end at drawn instants of a mixed stream of collectives, and every survivor holds weft to its
// contract. `make chaos` runs them at full size and compares their times with the limits; see wishes.h for the
// environment. A failure names the seed that replays it.
#include <gtest/gtest.h>

#include "base/random.h"
#include "chaos/campaign.h"
#include "chaos/wishes.h"

namespace weft::test {
namespace {

// Sanitizers make ranks slow to start; what they can see, fewer jobs show.
#if defined(WEFT_SANITIZE_address_undefined)
constexpr uint64_t kUsualJobs = 20;
#else
constexpr uint64_t kUsualJobs = 100;
#endif
// Of the jobs of single deaths, for the campaigns that are shares of it.
constexpr uint64_t kTwoDeathsOneIn = 5, kOtherEndsOneIn = 50;

Job of_size(uint64_t seed, Random& random, int least) {
  constexpr int kSizes[] = {2, 3, 4, 8, 16};
  Job job;
  job.seed = seed;
  job.ranks = std::max(kSizes[random.below(std::size(kSizes))], least);
  job.operations = wishes().operations;
  return job;
}

// A rank that is no victim yet.
int draw_victim(const Job& job, Random& random) {
  for (;;) {
    const int victim = static_cast<int>(random.below(static_cast<uint64_t>(job.ranks)));
    if (!job.has_victim(victim)) return victim;
  }
}

Job draw_one(uint64_t seed, Fault fault) {
  Random random(mix64(seed));
  Job job = of_size(seed, random, 2);
  job.fault = fault;
  job.victims.push_back(draw_victim(job, random));
  return job;
}

Job draw_two(uint64_t seed) {
  Random random(mix64(seed));
  Job job = of_size(seed, random, 3);
  job.second = static_cast<Second>(seed % kSeconds);
  if (job.second == Second::next_coordinator) job.victims = {0, 1};
  if (job.second == Second::rank_zero)
    job.victims = {1 + static_cast<int>(random.below(static_cast<uint64_t>(job.ranks) - 1)), 0};
  while (job.victims.size() < 2) job.victims.push_back(draw_victim(job, random));
  return job;
}

// one rank of 2 to 16 is killed at any instant
// expect: every survivor is told, by the same name, shrinks and works on; nothing is left behind
TEST(Chaos, one_death) {
  run_campaign("one death", wishes().jobs_of(kUsualJobs, 1), [](uint64_t seed) { return draw_one(seed, Fault::kill); });
}

// a second one follows: at once, during the agreement, as its coordinator, during the shrink or what comes after
// expect: the same, of both
TEST(Chaos, two_deaths) {
  run_campaign("two deaths", wishes().jobs_of(kUsualJobs / kTwoDeathsOneIn, kTwoDeathsOneIn), draw_two);
}

std::string word_of(const ::testing::TestParamInfo<Fault>& one) {
  constexpr const char* kWords[] = {"kill", "bad_store", "abort", "exit", "leave_at_once"};
  return kWords[static_cast<size_t>(one.param)];
}

class ChaosOf : public ::testing::TestWithParam<Fault> {};
INSTANTIATE_TEST_SUITE_P(Ranks, ChaosOf, ::testing::Values(Fault::bad_store, Fault::abort, Fault::exit, Fault::leave),
                         word_of);

// a rank ends in other ways: by a fault or a call of its own, in the middle of a collective or between two
// expect: the same as when it is killed
TEST_P(ChaosOf, other_ends) {
  run_campaign(name_of(GetParam()), wishes().jobs_of(1, kOtherEndsOneIn),
               [](uint64_t seed) { return draw_one(seed, GetParam()); });
}

}  // namespace
}  // namespace weft::test
