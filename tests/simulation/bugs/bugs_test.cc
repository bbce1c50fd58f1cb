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
constexpr unsigned kLimitSeconds = 120;  // for one bug; who needs more goes round in circles

// How many seeds were enough; 0: none of them was.
uint64_t seeds_needed(int bug, test::Shared<uint64_t>& seed) {
  *seed = 0;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    set_log_level(LogLevel::none);
    planted = bug;
    alarm(kLimitSeconds);
    std::freopen("/dev/null", "w", stderr);  // What an assertion says is known already.
    for (*seed = 0; *seed < kSeeds; ++*seed) {
      if (!Job(*seed, false).run().empty()) _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : *seed + 1;
}

// every bug of the list
// expect: at least 95 of 100 are found; the others are named
TEST(Bugs, are_found) {
  test::Shared<uint64_t> seed;
  const char* const wanted = std::getenv("WEFT_SIMULATION_BUG");
  size_t missed = 0;
  for (size_t bug = 1; bug <= std::size(kBugs); ++bug) {
    if (wanted != nullptr && std::strtoull(wanted, nullptr, 10) != bug) continue;
    const uint64_t needed = seeds_needed(static_cast<int>(bug), seed);
    missed += needed == 0 ? 1 : 0;
    std::printf("%3zu %8s  %s\n", bug, needed == 0 ? "MISSED" : std::to_string(needed).c_str(), kBugs[bug - 1]);
  }
  std::printf("%zu of %zu bugs found\n", std::size(kBugs) - missed, std::size(kBugs));
  EXPECT_LE(20 * missed, std::size(kBugs));
}

// none of them
// expect: the copies with sleeping bugs are what they were copied from
TEST(Bugs, sleep) {
  set_log_level(LogLevel::none);
  for (uint64_t seed = 0; seed < kSeeds; ++seed) ASSERT_EQ(Job(seed, false).run(), "") << "seed " << seed;
}

}  // namespace
}  // namespace simulation
}  // namespace weft
