#include "base/wait.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weft {
namespace {

constexpr Patience kYields{.polls = 0, .yields = UINT32_MAX};  // never sleeps
constexpr Patience kSleeps{.polls = 0, .yields = 0};           // sleeps at once

class Wait : public ::testing::Test {
 protected:
  // Returns when the waiter has announced that it sleeps.
  void see_sleeper() const {
    while (doorbell_.sleepers.load() == 0) std::this_thread::yield();
  }
  Doorbell doorbell_;
  Alive alive_{2, doorbell_};
};

// what is waited for is there already; also when the communicator has stopped and the deadline has passed
// expect: ready, in every phase of patience
TEST_F(Wait, ready_comes_first) {
  const auto ready = [] { return true; };
  alive_.fail(error(Code::remote_error, "gone"));
  EXPECT_TRUE(Waiter(alive_, Patience{}).poll(ready));
  EXPECT_EQ(Waiter(alive_, kYields).until(ready, Deadline::after_ms(0)), WaitResult::ready);
  EXPECT_EQ(Waiter(alive_, kSleeps).until(ready, Deadline::after_ms(0)), WaitResult::ready);
}

// the communicator has stopped before the wait, and the deadline has passed too
// expect: polling ends at the first look; the long wait says stopped, in every phase of patience
TEST_F(Wait, stopped_before) {
  int looks = 0;
  const auto ready = [&] { return ++looks > 1; };
  alive_.fail(error(Code::remote_error, "gone"));
  EXPECT_FALSE(Waiter(alive_, Patience{}).poll(ready));
  const auto never_ready = [] { return false; };
  EXPECT_EQ(Waiter(alive_, kYields).until(never_ready, Deadline::after_ms(0)), WaitResult::stopped);
  EXPECT_EQ(Waiter(alive_, kSleeps).until(never_ready, Deadline::after_ms(0)), WaitResult::stopped);
}

// polling for what comes at the last look, and for what comes later
// expect: true; false after as many looks as patience allows
TEST_F(Wait, polls) {
  uint32_t looks = 0;
  EXPECT_TRUE(Waiter(alive_, Patience{.polls = 7}).poll([&] { return ++looks == 7; }));
  looks = 0;
  EXPECT_FALSE(Waiter(alive_, Patience{.polls = 7}).poll([&] { return ++looks == 8; }));
  EXPECT_EQ(looks, 7u);
}

// the communicator stops while the waiter sleeps without any deadline
// expect: stopped
TEST_F(Wait, stopped_while_asleep) {
  auto result = WaitResult::ready;
  std::thread waiter([&] { result = Waiter(alive_, kSleeps).until([] { return false; }, Deadline::never()); });
  see_sleeper();
  alive_.fail(error(Code::aborted, "enough"));
  waiter.join();
  EXPECT_EQ(result, WaitResult::stopped);
}

// the deadline passes while it yields, and while it sleeps
// expect: deadline, not before its time
TEST_F(Wait, deadline) {
  for (const Patience& patience : {kYields, kSleeps}) {
    const auto deadline = Deadline::after_ms(30);
    EXPECT_EQ(Waiter(alive_, patience).until([] { return false; }, deadline), WaitResult::deadline);
    EXPECT_TRUE(deadline.passed());
  }
}

// a deadline shorter than a nap
// expect: the nap is cut short: over within the nap's length, many times in a row
TEST_F(Wait, deadline_cuts_naps) {
  const auto limit = Deadline::after_ms(20 * kNapMs);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Waiter(alive_, kSleeps).until([] { return false; }, Deadline::after_ms(1)), WaitResult::deadline);
  }
  EXPECT_FALSE(limit.passed());
}

// ready while the waiter sleeps, and the doorbell rung
// expect: ready
TEST_F(Wait, ready_while_asleep) {
  std::atomic<bool> flag{false};
  auto result = WaitResult::deadline;
  std::thread waiter([&] {
    const auto ready = [&] { return flag.load(std::memory_order_acquire); };
    result = Waiter(alive_, kSleeps).until(ready, Deadline::never());
  });
  see_sleeper();
  flag.store(true, std::memory_order_release);
  doorbell_.ring();
  waiter.join();
  EXPECT_EQ(result, WaitResult::ready);
}

// how often it looks before it sleeps
// expect: once per yield; the next look is the one that precedes the nap; the one after that is announced
TEST_F(Wait, patience) {
  std::vector<uint32_t> sleepers_seen;
  const auto ready = [&] {
    sleepers_seen.push_back(doorbell_.sleepers.load());
    return sleepers_seen.back() != 0;
  };
  EXPECT_EQ(Waiter(alive_, Patience{.polls = 3, .yields = 2}).until(ready, Deadline::never()), WaitResult::ready);
  EXPECT_EQ(sleepers_seen, (std::vector<uint32_t>{0, 0, 0, 1}));
}

}  // namespace
}  // namespace weft
