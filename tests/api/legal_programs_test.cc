// Random programs in which all ranks call the same: nobody may find a mismatch. Ranks compare calls whenever they wait
// a little, and dawdle, so that they are asked in every state. WEFT_LEGAL_PROGRAMS says how many; WEFT_TEST_SEED which.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "api/failure.h"
#include "api/mismatch_cases.h"
#include "base/random.h"
#include "bootstrap/control.h"
#include "exec/engine.h"
#include "support/seed.h"

namespace weft::test {
namespace {

constexpr std::array<size_t, 8> kCounts = {0, 0, 1, 2, 7, 100, 3000, 20'000};
constexpr size_t kRoom = 20'000 * 4 * sizeof(double);
constexpr uint64_t kCallsMax = 6;  // of a program
constexpr int kCommunicators = 2;

// While it lives, waits lead to a comparison almost at once.
class EagerComparisons {
 public:
  EagerComparisons() { first_look = std::chrono::microseconds(20); }
  ~EagerComparisons() { first_look = before_; }
  EagerComparisons(const EagerComparisons&) = delete;
  EagerComparisons& operator=(const EagerComparisons&) = delete;

 private:
  const std::chrono::microseconds before_ = first_look;
};

struct Step {
  Call call;
  size_t communicator;
  bool in_place;
};

// The same on every rank that draws from the same seed.
Step draw_step(Random& random, int ranks) {
  Step step;
  step.call.collective = static_cast<Collective>(random.below(kCollectiveCount));
  step.call.count = kCounts[random.below(kCounts.size())];
  step.call.type = random.below(2) == 0 ? weftFloat32 : weftInt64;
  step.call.op = random.below(2) == 0 ? weftSum : weftMax;
  step.call.root = static_cast<int>(random.below(static_cast<uint64_t>(ranks)));
  step.communicator = random.below(kCommunicators);
  step.in_place = random.below(2) == 0 && !is_blocked(step.call.collective);
  return step;
}

// Some ranks come late, some of them by more than the others wait before they ask.
void dawdle(Random& random) {
  const uint64_t how = random.below(200);
  if (how < 4) usleep(static_cast<useconds_t>(random.below(400)));
  if (how < 10) std::this_thread::yield();
}

uint64_t run_programs(int ranks, int rank, std::span<const weftComm_t> comms, uint64_t programs) {
  Random common(seed()), own(seed() + 1 + static_cast<uint64_t>(rank));
  std::vector<std::byte> in(kRoom), out(kRoom);
  uint64_t calls = 0;
  for (uint64_t program = 0; program < programs; ++program) {
    for (uint64_t left = 1 + common.below(kCallsMax); left > 0; --left, ++calls) {
      const Step step = draw_step(common, ranks);
      dawdle(own);
      const weftComm_t comm = comms[step.communicator];
      const weftResult_t result = step.call.make(comm, step.in_place ? out.data() : in.data(), out.data());
      EXPECT_EQ(result, weftSuccess) << "program " << program << ": " << weftGetLastError(comm);
      if (result != weftSuccess) return calls;
    }
  }
  return calls;
}

void expect_no_alarm(int ranks, uint64_t programs) {
  const int64_t before_us = now_us();
  std::array<std::vector<weftComm_t>, kCommunicators> made;
  for (auto& each : made) {
    each.resize(static_cast<size_t>(ranks));
    ASSERT_EQ(weftCommInitAll(each.data(), ranks, nullptr), weftSuccess) << weftGetLastError(nullptr);
  }
  std::atomic<uint64_t> calls{0};
  run_threads(ranks,
              [&](int rank) {
                const auto at = static_cast<size_t>(rank);
                const std::array<weftComm_t, kCommunicators> comms = {made[0][at], made[1][at]};
                calls = run_programs(ranks, rank, comms, programs);
              },
              {.limit = std::chrono::hours(1)});
  const auto control = Control::of_process("");
  ASSERT_TRUE(control);
  std::printf("%llu programs of %d ranks, %llu calls each, %llu comparisons in %.1f s\n",
              static_cast<unsigned long long>(programs), ranks, static_cast<unsigned long long>(calls.load()),
              static_cast<unsigned long long>((*control)->comparisons()),
              static_cast<double>(ms_since(before_us)) / 1000);
  EXPECT_GT((*control)->comparisons(), programs / 1000);
  for (const auto& each : made) {
    for (const weftComm_t comm : each) EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  }
}

// 2, 3 and 4 ranks, two communicators that all use in one order; calls of no elements, in place, of all roots
// expect: every call succeeds
TEST(LegalPrograms, raise_no_alarm) {
  const char* const wanted = std::getenv("WEFT_LEGAL_PROGRAMS");
  const uint64_t programs = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 6000;
  unsetenv("WEFT_LEGAL_PROGRAMS");  // It is no variable of weft.
  const EagerComparisons eager;
  for (const int ranks : {2, 3, 4}) expect_no_alarm(ranks, programs / 3);
}

}  // namespace
}  // namespace weft::test
