// Takes tens of seconds: labelled `long`.
#include <gtest/gtest.h>
#include <unistd.h>

#include <iterator>

#include "api/failure.h"
#include "chaos/silence.h"
#include "chaos/striker.h"
#include "chaos/wishes.h"

namespace weft::test {
namespace {

// Nine tenths of the time the rank stands still: in slices of ten milliseconds, a hundred, and a second.
void slow_down(const Job& job, int64_t seconds) {
  constexpr useconds_t kRunsUs[] = {1000, 10'000, 100'000};
  begin(job);
  const pid_t victim = rank_pid(1);
  const int64_t began_us = now_us();
  for (size_t slice = 0; now_us() - began_us < seconds * 1'000'000; slice = (slice + 1) % std::size(kRunsUs)) {
    for (useconds_t passed_us = 0; passed_us < 1'000'000; passed_us += 10 * kRunsUs[slice]) {
      halt(victim);
      usleep(9 * kRunsUs[slice]);
      resume(victim);
      usleep(kRunsUs[slice]);
    }
  }
  shared_word(kOver).store(1);
}

// one of four ranks runs ten times slower than it could (WEFT_CHAOS_SLOW_SECONDS: for how long)
// expect: nobody takes it for dead
TEST(Slow, rank_is_not_dead) {
  Row& row = new_row("slowed 10 times");
  Job job = steady_job(wishes().seed, 4);
  job.limit_seconds = wishes().slow_seconds + 60;
  run_job(
      job, [](const Job& each, Account&) { slow_down(each, wishes().slow_seconds); }, row);
}

// a rank is stopped for thirty seconds, long after the others have given it up and gone on
// expect: as after five
TEST(Silence, of_thirty_seconds) {
  Row& row = new_row("stopped 30 s");
  run_for_good(stopped_job(wishes().seed + 1, 8), 25'000, row);
}

}  // namespace
}  // namespace weft::test
