#include "chaos/silence.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "api/failure.h"
#include "base/random.h"
#include "chaos/striker.h"
#include "support/captured_stderr.h"

namespace weft::test {
namespace {

constexpr int64_t kSuspicionMs = 1000, kDeathMs = 5000;
constexpr int64_t kEarlyMs = 100, kLateMs = 2000;  // by which a busy machine may be off

void expect_between(int64_t us, int64_t ms, const char* what) {
  EXPECT_GE(us, (ms - kEarlyMs) * 1000) << what;
  EXPECT_LT(us, (ms + kLateMs) * 1000) << what;
}

bool have_recovered(const Job& job, const Account& account) {
  for (int rank = 0; rank < job.ranks; ++rank) {
    const Account::Rank& it = account.ranks[static_cast<size_t>(rank)];
    if (!job.has_victim(rank) && (it.level == 0 || it.stage != Stage::working)) return false;
  }
  return true;
}

void stop_for_good(const Job& job, int64_t longer_ms, const CapturedStderr& said, Account& account) {
  begin(job);
  const pid_t victim = rank_pid(job.victims.front());
  halt(victim);
  account.blows.front().us = now_us();
  while (!contains(said.text(), "has been silent for") && !have_recovered(job, account)) usleep(5000);
  expect_between(now_us() - account.blows.front().us, kSuspicionMs, "until a silence is reported");
  expect_text(said.text(), {"rank " + std::to_string(job.victims.front()) + " (", "pid " + std::to_string(victim)});
  while (!have_recovered(job, account)) usleep(1000);
  usleep(static_cast<useconds_t>(longer_ms * 1000));
  resume(victim);
  await_word(kExpelled, 1);
  shared_word(kOver).store(1);
}

}  // namespace

Job steady_job(uint64_t seed, int ranks) {
  Job job;
  job.seed = seed;
  job.ranks = ranks;
  job.victims_end = false;
  job.until_over = true;
  job.load_after = Load::heavy;
  return job;
}

Job stopped_job(uint64_t seed, int ranks) {
  Job job = steady_job(seed, ranks);
  Random random(mix64(seed));
  job.victims = {static_cast<int>(random.below(static_cast<uint64_t>(ranks)))};
  job.cause = "is silent: stopped or cut off";
  job.verdict = weftVerdictStopped;
  return job;
}

void stop_for(int64_t milliseconds, const Job& job) {
  begin(job);
  const pid_t victim = rank_pid(static_cast<int>(job.seed % static_cast<uint64_t>(job.ranks)));
  halt(victim);
  usleep(static_cast<useconds_t>(milliseconds * 1000));
  resume(victim);
  shared_word(kOver).store(1);
}

void run_for_good(const Job& job, int64_t longer_ms, Row& row) {
  const CapturedStderr said;
  const size_t told_before = row.told_us.size();
  run_job(
      job, [&](const Job& each, Account& account) { stop_for_good(each, longer_ms, said, account); }, row);
  for (size_t i = told_before; i < row.told_us.size(); ++i)
    expect_between(row.told_us[i], kDeathMs, "until a stopped rank is treated as dead");
}

}  // namespace weft::test
