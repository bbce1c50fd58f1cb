// Ranks that live and say nothing: stopped in the middle of their stream, for a while or until the others have given
// them up.
#include <gtest/gtest.h>

#include "chaos/silence.h"
#include "chaos/wishes.h"

namespace weft::test {
namespace {

constexpr uint64_t kForGoodOneIn = 200;  // of the jobs of single deaths

// a rank is stopped for three seconds
// expect: the others wait; nothing fails
TEST(Silence, of_three_seconds) {
  Row& row = new_row("stopped 3 s");
  run_job(
      steady_job(wishes().seed, 3), [](const Job& job, Account&) { stop_for(3000, job); }, row);
}

// a rank is stopped until the others have given it up, and then goes on
// expect: a warning after one second, death after five; the rank finds that it is out, and spoils nothing
TEST(Silence, for_good) {
  Row& row = new_row("stopped 5 s");
  for (uint64_t i = 0; i < wishes().jobs_of(1, kForGoodOneIn) && row.violations == 0; ++i)
    run_for_good(stopped_job(wishes().seed + i, 4), 0, row);
}

}  // namespace
}  // namespace weft::test
