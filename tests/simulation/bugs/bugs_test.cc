// Whether the simulation would find a bug: those of bugs.txt are woken one after the other, each in a process of its
// own, which runs seeds until something is violated, or the process dies of it.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "base/log.h"
#include "simulation/bugs/planted.h"
#include "simulation/council.h"
#include "simulation/job.h"
#include "support/shared.h"

namespace weft {

int planted = 0;

namespace simulation {
namespace {

constexpr const char* kBugs[] = {
#include "bugs.inc"
};
constexpr uint64_t kSeeds = 10'000;
constexpr size_t kMissedMost = 5;        // may only shrink: a twentieth of them would do
constexpr unsigned kLimitSeconds = 120;  // for one bug; who needs more goes round in circles

// The first violation.
std::string run_seed(uint64_t seed) {
  std::string violation;
  for (uint64_t one = 0; one < kCouncilsPerSeed && violation.empty(); ++one)
    violation = Council(kCouncilsPerSeed * seed + one).run();
  return violation.empty() ? Job(seed, false).run() : violation;
}

// Ends the process; an exception ends it too.
[[noreturn]] void run_seeds(int bug, uint64_t& seed) noexcept {
  set_log_level(LogLevel::none);
  planted = bug;
  alarm(kLimitSeconds);
  close(STDERR_FILENO);  // What an assertion says is known already.
  for (seed = 0; seed < kSeeds; ++seed) {
    if (!run_seed(seed).empty()) _exit(1);
  }
  _exit(0);
}

// How many seeds were enough; 0: none of them was.
uint64_t seeds_needed(int bug, test::Shared<uint64_t>& seed) {
  *seed = 0;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) run_seeds(bug, *seed);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : *seed + 1;
}

// every bug of the list
// expect: no more are missed than were so far; those are named
TEST(Bugs, are_found) {
  test::Shared<uint64_t> seed;
  const char* const wanted = std::getenv("WEFT_SIMULATION_BUG");
  size_t tried = 0, missed = 0;
  for (size_t bug = 1; bug <= std::size(kBugs); ++bug) {
    if (wanted != nullptr && std::strtoull(wanted, nullptr, 10) != bug) continue;
    ++tried;
    const uint64_t needed = seeds_needed(static_cast<int>(bug), seed);
    missed += needed == 0 ? 1 : 0;
    std::printf("%3zu %8s  %s\n", bug, needed == 0 ? "MISSED" : std::to_string(needed).c_str(), kBugs[bug - 1]);
  }
  std::printf("%zu of %zu bugs found\n", tried - missed, tried);
  EXPECT_LE(missed, kMissedMost);
}

// none of them
// expect: the copies with sleeping bugs are what they were copied from
TEST(Bugs, sleep) {
  set_log_level(LogLevel::none);
  for (uint64_t seed = 0; seed < kSeeds; ++seed) ASSERT_EQ(run_seed(seed), "") << "seed " << seed;
}

}  // namespace
}  // namespace simulation
}  // namespace weft
