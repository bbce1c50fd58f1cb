#include "base/doorbell.h"

#include <gtest/gtest.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <new>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "base/random.h"
#include "base/wait.h"
#include "support/seed.h"

namespace weft {
namespace {

constexpr uint64_t kRounds = 20'000;
constexpr int64_t kLostMs = 5000;  // a nap this long means that nobody rang

bool kernel_has_membarrier() {
  return (syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) & MEMBARRIER_CMD_GLOBAL_EXPEDITED) != 0;
}

struct alignas(64) Line {
  std::atomic<uint64_t> value{0};
};

// A ringer and a sleeper who meet anew for every round, so that the ring falls near the moment of falling asleep. The
// ringer writes a payload first, as in real use: its stores, which are slow because the sleeper has read the lines,
// hold up the store of `said` in the processor, and only so is a fence that is missing found.
struct Meeting {
  Doorbell doorbell;
  std::array<Line, 16> payload;
  alignas(64) std::atomic<uint64_t> said{0};
  alignas(64) std::atomic<uint64_t> came[2] = {0, 0};
};

// False if the other side has ended.
bool meet(Meeting& meeting, int me, uint64_t round) {
  meeting.came[me].store(round, std::memory_order_release);
  const auto ended = Deadline::after_ms(2 * kLostMs);
  for (uint32_t polls = 0; meeting.came[1 - me].load(std::memory_order_acquire) < round; ++polls) {
    if (polls > 1000) sched_yield();
    if (ended.passed()) return false;
  }
  return true;
}

void pause_up_to(uint64_t most, Random& random) {
  for (uint64_t pauses = random.below(most); pauses > 0; --pauses) pause_processor();
}

bool ring_every_round(Meeting& meeting) {
  Random random(test::seed());
  for (uint64_t round = 1; round <= kRounds; ++round) {
    if (!meet(meeting, 0, round)) return false;
    static_cast<void>(meeting.doorbell.sleepers.load(std::memory_order_relaxed));  // brings the line near
    pause_up_to(20, random);
    for (Line& line : meeting.payload) line.value.store(round, std::memory_order_relaxed);
    meeting.said.store(round, std::memory_order_release);
    meeting.doorbell.ring();
  }
  return true;
}

// False if a ring was lost: it slept its whole long nap.
bool sleep_every_round(Meeting& meeting) {
  Random random(test::seed() + 1);
  for (uint64_t round = 1; round <= kRounds; ++round) {
    if (!meet(meeting, 1, round)) return false;
    pause_up_to(20, random);
    while (meeting.said.load(std::memory_order_acquire) < round) {
      Nap nap(meeting.doorbell);
      if (meeting.said.load(std::memory_order_acquire) >= round) break;
      const auto lost = Deadline::after_ms(kLostMs);
      nap.sleep(kLostMs);
      if (lost.passed()) return false;
    }
    for (const Line& line : meeting.payload) {
      if (line.value.load(std::memory_order_relaxed) != round) return false;
    }
  }
  return true;
}

// a thread that rings another, thousands of times, around the moment in which that one falls asleep
// expect: no ring is lost
TEST(Doorbell, rings_reach_another_thread) {
  if (!kernel_has_membarrier()) GTEST_SKIP() << "without membarrier a ring may cost a nap";
  register_doorbell_process();
  Meeting meeting;
  bool rang = false;
  std::thread ringer([&] { rang = ring_every_round(meeting); });
  EXPECT_TRUE(sleep_every_round(meeting));
  ringer.join();
  EXPECT_TRUE(rang);
}

// the same from another process
// expect: no ring is lost
TEST(Doorbell, rings_reach_another_process) {
  if (!kernel_has_membarrier()) GTEST_SKIP() << "without membarrier a ring may cost a nap";
  void* shared = mmap(nullptr, sizeof(Meeting), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& meeting = *new (shared) Meeting;
  register_doorbell_process();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    register_doorbell_process();
    _exit(ring_every_round(meeting) ? 0 : 1);
  }
  EXPECT_TRUE(sleep_every_round(meeting));
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  munmap(shared, sizeof(Meeting));
}

// a ring while nobody sleeps
// expect: one load: the futex word is not touched
TEST(Doorbell, costs_nothing_without_sleepers) {
  Doorbell doorbell;
  doorbell.ring();
  EXPECT_EQ(doorbell.rings.load(), 0u);
}

// a ring between announcing a nap and sleeping
// expect: it does not sleep
TEST(Doorbell, ring_before_sleep) {
  Doorbell doorbell;
  Nap nap(doorbell);
  doorbell.ring();
  const auto lost = Deadline::after_ms(kLostMs);
  nap.sleep(kLostMs);
  EXPECT_FALSE(lost.passed());
}

// several threads asleep on one doorbell
// expect: one ring wakes all of them
TEST(Doorbell, wakes_all) {
  Doorbell doorbell;
  std::atomic<bool> done{false};
  std::atomic<int> lost{0};
  std::vector<std::thread> sleepers;
  for (int i = 0; i < 4; ++i) {
    sleepers.emplace_back([&] {
      const auto limit = Deadline::after_ms(kLostMs);
      Nap nap(doorbell);
      if (!done.load(std::memory_order_acquire)) nap.sleep(kLostMs);
      if (limit.passed()) ++lost;
    });
  }
  while (doorbell.sleepers.load() != 4) std::this_thread::yield();
  done.store(true, std::memory_order_release);
  doorbell.ring();
  for (auto& sleeper : sleepers) sleeper.join();
  EXPECT_EQ(lost.load(), 0);
  EXPECT_EQ(doorbell.sleepers.load(), 0u);
}

// nobody rings
// expect: the nap ends by itself, not before its time
TEST(Doorbell, nap_ends) {
  Doorbell doorbell;
  Nap nap(doorbell);
  const auto end = Deadline::after_ms(30);
  nap.sleep(30);
  EXPECT_TRUE(end.passed());
}

}  // namespace
}  // namespace weft
