// Takes more than ten seconds: labelled `long`.
#include <algorithm>
#include <thread>

#include "api/failure.h"
#include "support/captured_stderr.h"

namespace weft::test {
namespace {

constexpr size_t kReported = 1;  // shared word

// rank 0 waits more than ten seconds for a living peer, which comes when that has been said
// expect: one line on stderr that names operation, rank and process; then the right result
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
        while (!contains(captured.text(), "\n") && ms_since(before_us) < 30'000)
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
        EXPECT_GE(ms_since(before_us), 10'000);
        EXPECT_LT(ms_since(before_us), 15'000);
        shared_word(kReported).store(1);
      });
      expect_sum(comm, 2);
      watcher.join();
      said = captured.text();
    }
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
    expect_text(said, {"STUCK", "all_reduce #2 float32 sum count=1", "rank 1 (", std::to_string(rank_pid(1))});
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
