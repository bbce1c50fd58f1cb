// Seeded campaigns: ranks are killed at drawn instants of a mixed stream of collectives, and every survivor holds weft
// to its contract. WEFT_CHAOS_JOBS says how many jobs (`make chaos`: 1000), WEFT_CHAOS_SEED with which one to begin; a
// failure names the seed that replays it.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "api/failure.h"
#include "chaos/account.h"
#include "chaos/stream.h"
#include "support/leaks.h"

namespace weft::test {
namespace {

constexpr size_t kJoined = 1;
constexpr int kOperationsAfter = 50;
constexpr int64_t kNoticeMs = 250, kRecoverMs = 300;  // at the 99th percentile

// Sanitizers make ranks slow to start; what they can see, fewer jobs show.
#if defined(WEFT_SANITIZE_address_undefined)
constexpr uint64_t kUsualJobs = 20;
#else
constexpr uint64_t kUsualJobs = 100;
#endif

struct Job {
  uint64_t seed;
  int ranks;
  std::vector<int> victims;
};

Job draw_job(uint64_t seed, int deaths) {
  constexpr int kSizes[] = {2, 3, 4, 8, 16};
  Random random(mix64(seed));
  const int least = deaths + 1;
  Job job{seed, std::max(kSizes[random.below(std::size(kSizes))], least), {}};
  while (static_cast<int>(job.victims.size()) < deaths) {
    const int victim = static_cast<int>(random.below(static_cast<uint64_t>(job.ranks)));
    if (std::count(job.victims.begin(), job.victims.end(), victim) == 0) job.victims.push_back(victim);
  }
  return job;
}

// The rank beside the job: strikes once all have joined and run for a while.
void strike(const Job& job, Account& account) {
  Random random(mix64(job.seed) + 1);
  await_word(kJoined, static_cast<uint64_t>(job.ranks));
  usleep(static_cast<useconds_t>(random.below(20'000)));
  for (const int victim : job.victims) {
    if (account.killed_us == 0) account.killed_us = now_us();
    kill(rank_pid(victim), SIGKILL);
    usleep(static_cast<useconds_t>(random.below(4'000)));  // The next one may hit agreement, shrink or what follows.
  }
}

uint64_t bit(int rank) {
  return uint64_t{1} << rank;
}

// Whom this rank was told of, when its first communicator failed.
uint64_t failed_of(weftComm_t comm) {
  int ranks[kRanksMost];
  weftFailure_t failure{};
  EXPECT_EQ(weftCommGetFailure(comm, &failure, ranks, kRanksMost), weftSuccess);
  EXPECT_EQ(failure.verdict, weftVerdictDied) << weftGetLastError(comm);
  uint64_t failed = 0;
  for (int i = 0; i < failure.failed_count; ++i) failed |= bit(ranks[i]);
  return failed;
}

int size_of(weftComm_t comm) {
  int count = 0;
  EXPECT_EQ(weftCommCount(comm, &count), weftSuccess);
  return count;
}

// Leaves out whoever died, and again whoever dies meanwhile, until those who are left can tell each other who they are.
uint64_t recover(weftComm_t& comm, int first_rank) {
  while (!::testing::Test::HasFailure()) {
    weftComm_t smaller = nullptr;
    EXPECT_EQ(weftCommShrink(comm, &smaller), weftSuccess) << weftGetLastError(nullptr);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    comm = smaller;
    int32_t members[kRanksMost] = {};
    const weftResult_t result = weftAllGather(&first_rank, members, 1, weftInt32, comm, nullptr);
    uint64_t alive = 0;
    for (int i = 0; i < size_of(comm); ++i) alive |= bit(members[i]);
    if (result == weftSuccess) return alive;
    EXPECT_EQ(result, weftRemoteError) << weftGetLastError(comm);
  }
  return 0;
}

// Runs the stream until a call fails; false: the operations after the last death have all passed.
bool run_until_failure(weftComm_t comm, const Job& job, Account::Rank& mine) {
  const int count = size_of(comm);
  int rank = -1;
  EXPECT_EQ(weftCommUserRank(comm, &rank), weftSuccess);
  Stream stream(comm, count, rank, job.seed + static_cast<uint64_t>(count));
  const bool last = count == job.ranks - static_cast<int>(job.victims.size());
  for (int passed = 0; !last || passed < kOperationsAfter; ++passed) {
    mine.in_call = 1;
    const weftResult_t result = stream.run_next();
    mine.in_call = 0;
    if (::testing::Test::HasFailure()) return false;
    if (result == weftSuccess) continue;
    EXPECT_EQ(result, weftRemoteError) << weftGetLastError(comm);
    return true;
  }
  return false;
}

void live(const Job& job, int rank, SharedId& id, Account& account) {
  Account::Rank& mine = account.ranks[rank];
  const Holdings before = Holdings::now();
  weftComm_t comm = id.join(job.ranks, rank);
  expect_sum(comm, job.ranks);
  shared_word(kJoined).fetch_add(1);
  while (run_until_failure(comm, job, mine)) {
    const int64_t now = now_us();
    if (mine.failed == 0) {
      mine.noticed_us = now;
      mine.failed = failed_of(comm);
    }
    mine.alive = recover(comm, rank);
    if (mine.recovery_us == 0) mine.recovery_us = now_us() - now;
  }
  EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  EXPECT_EQ(Holdings::left_since(before), "");
}

struct Figures {
  std::vector<int64_t> notice_us, recover_us;
  int inside = 0, jobs = 0;
};

int64_t percentile(std::vector<int64_t>& values, size_t percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) * percent / 100];
}

void run_job(const Job& job, Figures& figures) {
  SCOPED_TRACE("WEFT_CHAOS_SEED=" + std::to_string(job.seed) + " WEFT_CHAOS_JOBS=1");
  SharedId id;
  Shared<Account> account;
  run_processes(job.ranks + 1,
                [&](int rank) { rank == job.ranks ? strike(job, *account) : live(job, rank, id, *account); },
                {.killed = job.victims, .limit = std::chrono::seconds(30)});
  uint64_t victims = 0;
  for (const int victim : job.victims) victims |= bit(victim);
  figures.inside += static_cast<int>(account->ranks[job.victims.front()].in_call);
  ++figures.jobs;
  for (int rank = 0; rank < job.ranks; ++rank) {
    if ((victims & bit(rank)) != 0) continue;
    const Account::Rank& it = account->ranks[rank];
    EXPECT_EQ(it.failed & ~victims, 0u) << "rank " << rank << " was told that somebody died who lives";
    EXPECT_NE(it.failed & victims, 0u) << "rank " << rank << " was told of nobody";
    EXPECT_EQ(it.alive, (bit(job.ranks) - 1) & ~victims) << "rank " << rank << " works with others than are left";
    figures.notice_us.push_back(std::max<int64_t>(0, it.noticed_us - account->killed_us));
    figures.recover_us.push_back(it.recovery_us);
  }
}

void run_campaign(const char* name, int deaths, uint64_t jobs) {
  const char* const first = std::getenv("WEFT_CHAOS_SEED");
  const uint64_t seed = first != nullptr ? std::strtoull(first, nullptr, 10) : 1;
  Figures figures;
  for (uint64_t i = 0; i < jobs && !::testing::Test::HasFailure(); ++i) run_job(draw_job(seed + i, deaths), figures);
  std::printf(
      "%s: %d jobs, %d victims inside a collective; survivors told after p50 %.1f, p99 %.1f ms (limit %lld); "
      "shrunk and right after p50 %.1f, p99 %.1f ms (limit %lld)\n",
      name, figures.jobs, figures.inside, percentile(figures.notice_us, 50) / 1e3,
      percentile(figures.notice_us, 99) / 1e3, static_cast<long long>(kNoticeMs),
      percentile(figures.recover_us, 50) / 1e3, percentile(figures.recover_us, 99) / 1e3,
      static_cast<long long>(kRecoverMs));
}

uint64_t jobs_wanted(uint64_t usual) {
  const char* const wanted = std::getenv("WEFT_CHAOS_JOBS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : usual;
}

// one rank of 2 to 16 is killed at any instant
// expect: every survivor is told, by the same name, shrinks and works on; nothing is left behind
TEST(Chaos, one_death) {
  run_campaign("one death", 1, jobs_wanted(kUsualJobs));
}

// a second one follows within milliseconds: during the agreement, the shrink or what comes after
// expect: the same, of both
TEST(Chaos, two_deaths) {
  run_campaign("two deaths", 2, jobs_wanted(kUsualJobs) / 5 + 1);
}

}  // namespace
}  // namespace weft::test
