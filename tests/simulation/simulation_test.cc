// Whole jobs under faults, each drawn from its seed and run in one thread on a simulated clock: the control protocols
// that ship, without the sockets. WEFT_SIMULATION_SEEDS=from-to runs others; one seed that fails is traced.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/log.h"
#include "simulation/council.h"
#include "simulation/job.h"

namespace weft::simulation {
namespace {

struct Seeds {
  uint64_t from = 0, to = 10'000;
};

Seeds seeds_wanted() {
  Seeds seeds;
  const char* const given = std::getenv("WEFT_SIMULATION_SEEDS");
  if (given == nullptr) return seeds;
  char* end = nullptr;
  seeds.from = std::strtoull(given, &end, 10);
  seeds.to = *end == '-' ? std::strtoull(end + 1, nullptr, 10) : seeds.from + 1;
  return seeds;
}

// The violation of a seed with what led to it; empty: none.
std::string replay(uint64_t seed) {
  Job job(seed, true);
  const std::string violation = job.run();
  std::string text = job.describe() + "\n";
  for (const std::string& line : job.world().trace()) text += line + "\n";
  return violation.empty() ? "" : text;
}

// jobs of 2 to 64 ranks that join, operate, shrink, grow and leave while processes crash, freeze, are cut off or
// disagree
// expect: nobody waits for ever, survivors agree, only the faulty are left out, and no failure is without a cause
TEST(Simulation, jobs) {
  set_log_level(LogLevel::none);
  const Seeds seeds = seeds_wanted();
  uint64_t events = 0;
  for (uint64_t seed = seeds.from; seed < seeds.to; ++seed) {
    Job job(seed, false);
    const std::string violation = job.run();
    events += job.world().events();
    ASSERT_TRUE(violation.empty()) << "seed " << seed << ": " << violation << "\nWEFT_SIMULATION_SEEDS=" << seed
                                   << " replays it:\n"
                                   << replay(seed);
  }
  std::printf("seeds %lu to %lu: %lu events\n", seeds.from, seeds.to, events);
}

// councils of 2 to 5 ranks that agree up to three times while some die, leave or are linked late
// expect: all decide the same, when all have called, and leave out whoever was known to be gone
TEST(Simulation, councils) {
  const Seeds seeds = seeds_wanted();
  for (uint64_t seed = seeds.from * kCouncilsPerSeed; seed < seeds.to * kCouncilsPerSeed; ++seed)
    ASSERT_EQ(Council(seed).run(), "") << "council " << seed << ": WEFT_SIMULATION_SEEDS=" << seed / kCouncilsPerSeed
                                       << " runs it";
}

}  // namespace
}  // namespace weft::simulation
