#include "base/alive.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace weft {
namespace {

class AliveTest : public ::testing::Test {
 protected:
  Doorbell doorbell_;
  Alive alive_{3, doorbell_};
};

// a new communicator
// expect: works, no error, nobody has departed
TEST_F(AliveTest, works) {
  EXPECT_FALSE(alive_.stopped());
  EXPECT_TRUE(alive_.error().ok());
  EXPECT_FALSE(alive_.any_departed());
}

// two errors, one after the other
// expect: the first stays, and only it says that it was first
TEST_F(AliveTest, first_error_sticks) {
  EXPECT_TRUE(alive_.fail(error(Code::remote_error, "rank 1 died")));
  EXPECT_FALSE(alive_.fail(error(Code::timeout, "too late")));
  EXPECT_TRUE(alive_.stopped());
  EXPECT_EQ(alive_.error().code(), Code::remote_error);
  EXPECT_EQ(alive_.error().text(), "rank 1 died");
}

// errors from many threads at once, while others read
// expect: one was first, and its text is the one kept; whoever sees "stopped" finds an error
TEST_F(AliveTest, any_thread) {
  std::atomic<int> first{-1}, firsts{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      if (!alive_.fail(error(Code::internal_error, "{}", i))) return;
      first = i;
      ++firsts;
    });
    threads.emplace_back([&] {
      while (!alive_.stopped()) std::this_thread::yield();
      EXPECT_FALSE(alive_.error().ok());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(firsts, 1);
  EXPECT_EQ(alive_.error().text(), std::to_string(first));
}

// an error, and a departure
// expect: each wakes sleepers, although nobody is known to sleep: there may be some in other processes
TEST_F(AliveTest, wakes_sleepers) {
  alive_.depart(2);
  EXPECT_EQ(doorbell_.rings.load(), 1u);
  alive_.fail(error(Code::aborted, "enough"));
  EXPECT_EQ(doorbell_.rings.load(), 2u);
}

// a peer that leaves in good order
// expect: only it has departed, and that is no error
TEST_F(AliveTest, departure) {
  alive_.depart(1);
  EXPECT_TRUE(alive_.any_departed());
  EXPECT_TRUE(alive_.has_departed(1));
  EXPECT_FALSE(alive_.has_departed(0));
  EXPECT_FALSE(alive_.has_departed(2));
  EXPECT_FALSE(alive_.stopped());
}

}  // namespace
}  // namespace weft
