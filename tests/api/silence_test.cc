// Ranks that live and say nothing: stopped, for a while or for good.
#include <signal.h>
#include <unistd.h>

#include "api/failure.h"

namespace weft::test {
namespace {

constexpr size_t kJoined = 1, kStoppedUs = 2, kFailed = 3;

void stop_and_go_on(int rank, unsigned milliseconds) {
  kill(rank_pid(rank), SIGSTOP);
  shared_word(kStoppedUs).store(static_cast<uint64_t>(now_us()));
  usleep(milliseconds * 1000);
  kill(rank_pid(rank), SIGCONT);
}

// a rank is stopped for three seconds while the others wait for it
// expect: they wait; nothing fails
TEST(Silence, of_three_seconds) {
  SharedId id;
  run_processes(4, [&](int rank) {
    if (rank == 3) {
      await_word(kJoined, 3);
      return stop_and_go_on(1, 3000);
    }
    weftComm_t comm = id.join(3, rank);
    expect_sum(comm, 3);
    shared_word(kJoined).fetch_add(1);
    if (rank == 1) await_word(kStoppedUs, 1);
    for (int i = 0; i < 10; ++i) expect_sum(comm, 3);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// a rank is stopped until the others have given it up, and then goes on
// expect: they fail between five and seven seconds after, by its name, and shrink; it finds that it is out
TEST(Silence, for_good) {
  SharedId id;
  run_processes(4, [&](int rank) {
    if (rank == 3) {
      await_word(kJoined, 3);
      kill(rank_pid(1), SIGSTOP);
      shared_word(kStoppedUs).store(static_cast<uint64_t>(now_us()));
      await_word(kFailed, 2);
      kill(rank_pid(1), SIGCONT);
      return;
    }
    weftComm_t comm = id.join(3, rank);
    expect_sum(comm, 3);
    shared_word(kJoined).fetch_add(1);
    if (rank == 1) {
      await_word(kFailed, 2);  // It is stopped here.
      // What the others sent before they gave up is there, so the call that they made may still succeed here.
      weftResult_t result = sum_one(comm);
      if (result == weftSuccess) result = sum_one(comm);
      EXPECT_EQ(result, weftRemoteError);
      expect_text(weftGetLastError(comm), {"the other ranks treat rank 1"});
      EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
      return;
    }
    await_word(kStoppedUs, 1);
    EXPECT_EQ(sum_one(comm), weftRemoteError);
    const int64_t took_ms = ms_since(static_cast<int64_t>(shared_word(kStoppedUs).load()));
    EXPECT_GE(took_ms, 4900);
    EXPECT_LT(took_ms, 7000);
    expect_text(weftGetLastError(comm), {"rank 1", std::to_string(rank_pid(1)), "silent"});
    weftFailure_t failure{};
    EXPECT_EQ(weftCommGetFailure(comm, &failure, nullptr, 0), weftSuccess);
    EXPECT_EQ(failure.verdict, weftVerdictStopped);
    EXPECT_EQ(failure.failed_count, 1);
    weftComm_t smaller = nullptr;
    EXPECT_EQ(weftCommShrink(comm, &smaller), weftSuccess) << weftGetLastError(nullptr);
    shared_word(kFailed).fetch_add(1);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    for (int i = 0; i < 100; ++i) expect_sum(smaller, 2);
    EXPECT_EQ(weftCommDestroy(smaller), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
