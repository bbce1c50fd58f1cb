#include "base/wait.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weft {
namespace {

constexpr Patience kNone{.polls = 0, .yields = 0};  // sleeps at once

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
  EXPECT_EQ(Waiter(alive_, Patience{}).until([] { return true; }, Deadline::never()), WaitResult::ready);
  alive_.fail(error(Code::remote_error, "gone"));
  for (const Patience& patience : {kNone, Patience{.polls = 1, .yields = 0}, Patience{.polls = 0, .yields = 1}}) {
    EXPECT_EQ(Waiter(alive_, patience).until([] { return true; }, Deadline::after_ms(0)), WaitResult::ready);
  }
}

// the communicator has stopped before the wait
// expect: stopped, in every phase of patience, although the deadline has passed too
TEST_F(Wait, stopped_before) {
  alive_.fail(error(Code::remote_error, "gone"));
  for (const Patience& patience : {kNone, Patience{.polls = 1, .yields = 0}, Patience{.polls = 0, .yields = 1}}) {
    EXPECT_EQ(Waiter(alive_, patience).until([] { return false; }, Deadline::after_ms(0)), WaitResult::stopped);
  }
}

// the communicator stops while the waiter sleeps without any deadline
// expect: stopped
TEST_F(Wait, stopped_while_asleep) {
  auto result = WaitResult::ready;
  std::thread waiter([&] { result = Waiter(alive_, kNone).until([] { return false; }, Deadline::never()); });
  see_sleeper();
  alive_.fail(error(Code::aborted, "enough"));
  waiter.join();
  EXPECT_EQ(result, WaitResult::stopped);
}

// the deadline passes while it polls, yields, sleeps
// expect: deadline, not before its time
TEST_F(Wait, deadline) {
  for (const Patience& patience : {Patience{}, kNone, Patience{.polls = 0, .yields = UINT32_MAX}}) {
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
    EXPECT_EQ(Waiter(alive_, kNone).until([] { return false; }, Deadline::after_ms(1)), WaitResult::deadline);
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
    result = Waiter(alive_, kNone).until(ready, Deadline::never());
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
  EXPECT_EQ(Waiter(alive_, Patience{.polls = 3, .yields = 5}).until(ready, Deadline::never()), WaitResult::ready);
  EXPECT_EQ(sleepers_seen, (std::vector<uint32_t>{0, 0, 0, 0, 0, 0, 1}));
}

// the short wait
// expect: as many looks as polls and no clock or sleep; true as soon as it is ready; over at once when stopped
TEST_F(Wait, poll) {
  const Patience patience{.polls = 3, .yields = 5};
  int looks = 0;
  EXPECT_FALSE(Waiter(alive_, patience).poll([&] { return ++looks == 9; }));
  EXPECT_EQ(looks, 3);
  EXPECT_TRUE(Waiter(alive_, patience).poll([&] { return ++looks == 5; }));
  alive_.fail(error(Code::aborted, "enough"));
  EXPECT_FALSE(Waiter(alive_, patience).poll([&] { return ++looks == 9; }));
  EXPECT_EQ(looks, 6);
}

}  // namespace
}  // namespace weft
