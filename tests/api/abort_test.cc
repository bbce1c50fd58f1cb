// Calls that end early: aborted from another thread, or at WEFT_TIMEOUT.
#include <cstdlib>
#include <thread>

#include "api/failure.h"

namespace weft::test {
namespace {

constexpr size_t kReady = 1, kDone = 2;  // shared words

// another thread aborts while this one waits for a peer
// expect: aborted here; the peer's call fails and names this rank
TEST(Abort, of_a_waiting_call) {
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    meet(4, 2);
    if (rank == 1) {
      await_word(kDone, 1);
      EXPECT_EQ(sum_one(comm), weftAborted);
      expect_text(weftGetLastError(comm), {"rank 0", "weftCommAbort"});
      EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
      return;
    }
    weftResult_t waited = weftSuccess;
    std::thread waiter([&] {
      shared_word(kReady).store(1);
      waited = sum_one(comm);
    });
    await_word(kReady, 1);
    // Nothing outside says that a call has begun to wait; one that has not begun by now would show in the result.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(weftCommAbort(comm), weftSuccess) << weftGetLastError(nullptr);
    waiter.join();
    EXPECT_EQ(waited, weftAborted);
    shared_word(kDone).store(1);
  });
}

// WEFT_TIMEOUT, and a peer that never calls
// expect: a timeout that names the variable
TEST(Abort, timeout) {
  SharedId id;
  run_processes(2, [&](int rank) {
    setenv("WEFT_TIMEOUT", "0.3", 1);
    weftComm_t comm = id.join(2, rank);
    if (rank == 0) {
      const int64_t before_us = now_us();
      EXPECT_EQ(sum_one(comm), weftTimeout);
      EXPECT_GE(ms_since(before_us), 300);
      EXPECT_LT(ms_since(before_us), 3000);
      expect_text(weftGetLastError(comm), {"limit of 0.3 s", "WEFT_TIMEOUT", "rank 0"});
      shared_word(kDone).store(1);
    }
    await_word(kDone, 1);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
