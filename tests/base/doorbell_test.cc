#include "base/doorbell.h"

#include <gtest/gtest.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <thread>

#include "base/deadline.h"
#include "base/random.h"
#include "base/wait.h"
#include "support/seed.h"

namespace weft {
namespace {

constexpr uint64_t kRounds = 3000;
constexpr int64_t kLostMs = 5000;  // a nap this long means that nobody rang

bool kernel_has_membarrier() {
  return (syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) & MEMBARRIER_CMD_GLOBAL_EXPEDITED) != 0;
}

// Two sides that take turns; each rings the other and then sleeps until it is rung.
struct Turns {
  Doorbell doorbells[2];
  alignas(64) std::atomic<uint64_t> said[2] = {0, 0};
};

// False if a ring was lost: it slept its whole long nap.
bool sleep_until_said(Turns& turns, int me, uint64_t round) {
  const auto& word = turns.said[1 - me];
  while (word.load(std::memory_order_acquire) < round) {
    Nap nap(turns.doorbells[me]);
    if (word.load(std::memory_order_acquire) >= round) break;
    const auto lost = Deadline::after_ms(kLostMs);
    nap.sleep(kLostMs);
    if (lost.passed()) return false;
  }
  return true;
}

// The pauses move the ring across the moment in which the other side falls asleep.
bool take_turns(Turns& turns, int me) {
  Random random(test::seed() + static_cast<uint64_t>(me));
  for (uint64_t round = 1; round <= kRounds; ++round) {
    if (me == 1 && !sleep_until_said(turns, me, round)) return false;
    for (uint64_t pauses = random.below(300); pauses > 0; --pauses) pause_processor();
    turns.said[me].store(round, std::memory_order_release);
    turns.doorbells[1 - me].ring();
    if (me == 0 && !sleep_until_said(turns, me, round)) return false;
  }
  return true;
}

// two threads that ring each other, thousands of times, at any moment of falling asleep
// expect: no ring is lost
TEST(Doorbell, rings_reach_another_thread) {
  if (!kernel_has_membarrier()) GTEST_SKIP() << "without membarrier a ring may cost a nap";
  register_doorbell_process();
  Turns turns;
  bool other = false;
  std::thread thread([&] { other = take_turns(turns, 1); });
  EXPECT_TRUE(take_turns(turns, 0));
  thread.join();
  EXPECT_TRUE(other);
}

// the same between two processes
// expect: no ring is lost
TEST(Doorbell, rings_reach_another_process) {
  if (!kernel_has_membarrier()) GTEST_SKIP() << "without membarrier a ring may cost a nap";
  void* shared = mmap(nullptr, sizeof(Turns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& turns = *new (shared) Turns;
  register_doorbell_process();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    register_doorbell_process();
    _exit(take_turns(turns, 1) ? 0 : 1);
  }
  EXPECT_TRUE(take_turns(turns, 0));
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  munmap(shared, sizeof(Turns));
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
