// Takes more than ten seconds: labelled `long`.
#include <algorithm>
#include <cstdlib>
#include <thread>

#include "api/failure.h"
#include "support/captured_stderr.h"

namespace weft::test {
namespace {

constexpr size_t kReported = 1;  // shared word

// rank 0 waits more than ten seconds for a living peer, which comes when that has been said
// expect: one report on stderr, of the lowest rank, which says who has not come and where that one is; then the right
// result
TEST(Stuck, said_once_and_then_completes) {
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    expect_sum(comm, 2);
    if (rank == 1) {
      await_word(kReported, 1);
      expect_sum(comm, 2);
      EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
      return;
    }
    std::string said;
    {
      const CapturedStderr captured;
      const int64_t before_us = now_us();
      std::thread watcher([&] {
        while (!contains(captured.text(), "action") && ms_since(before_us) < 30'000)
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
        EXPECT_GE(ms_since(before_us), 10'000);
        EXPECT_LT(ms_since(before_us), 15'000);
        shared_word(kReported).store(1);
      });
      expect_sum(comm, 2);
      watcher.join();
      said = captured.text();
    }
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 5) << said;
    const std::string pid = std::to_string(rank_pid(1));
    expect_text(
        said, {"STUCK all_reduce #2 float32 sum count=1 on communicator ", "(2 ranks) for 10.0 s", "cause    rank 1 (",
               "pid " + pid + ") has not entered it (NOT_JOINED)", "pid " + pid + ", alive (heard of ",
               "not inside weft; last finished all_reduce #1 float32 sum count=1, 10.",
               "entered  0, all identical: all_reduce #2 float32", "action   waiting. WEFT_TIMEOUT=60"});
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// rank 1 comes when three quarters of the time are over, to a call that takes longer than the rest
// expect: SlowRank on both, with its name and how late it was
TEST(Stuck, slow_rank_of_a_timeout) {
  constexpr size_t kElements = size_t{1} << 28, kEnd = 2;
  SharedId id;
  run_processes(2, [&](int rank) {
    setenv("WEFT_TIMEOUT", "0.4", 1);
    setenv("WEFT_SLOT_BYTES", "1024", 1);
    weftComm_t comm = id.join(2, rank);
    expect_sum(comm, 2);
    std::vector<float> values(kElements);
    meet(kReported, 2);
    if (rank == 1) usleep(300'000);
    EXPECT_EQ(weftAllReduce(values.data(), values.data(), kElements, weftFloat32, weftSum, comm, nullptr), weftTimeout);
    weftFailure_t failure{};
    EXPECT_EQ(weftCommGetFailure(comm, &failure, nullptr, 0), weftSuccess);
    EXPECT_EQ(failure.verdict, weftVerdictSlowRank);
    expect_text(weftGetLastError(comm), {"rank 1 (", "entered it 3", " ms after the first (SLOW_RANK)"});
    meet(kEnd, 2);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
