// Signals that arrive a thousand times a second, in calls of every kind, and whose functions break system calls off.
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "api/failure.h"

namespace weft::test {
namespace {

volatile sig_atomic_t alarms;

void start_alarms(int flags) {
  struct sigaction action {};
  action.sa_handler = [](int) { alarms = alarms + 1; };
  action.sa_flags = flags;
  ASSERT_EQ(sigaction(SIGALRM, &action, nullptr), 0);
  const itimerval each_ms{{0, 1000}, {0, 1000}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &each_ms, nullptr), 0);
}

class Alarms : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Flags, Alarms, ::testing::Values(0, SA_RESTART));

// from before init to after destroy, with long waits so that ranks sleep in the system
// expect: nobody notices
TEST_P(Alarms, in_every_call) {
  SharedId id;
  run_processes(3, [&](int rank) {
    start_alarms(GetParam());
    weftComm_t comm = id.join(3, rank), smaller = nullptr, part = nullptr;
    for (int i = 0; i < 20; ++i) {
      if (i % 3 == rank) {
        const int64_t before_us = now_us();
        while (ms_since(before_us) < 10) usleep(1000);  // The others wait for this one.
      }
      expect_sum(comm, 3);
    }
    EXPECT_EQ(weftCommShrink(comm, &smaller), weftSuccess) << weftGetLastError(nullptr);
    EXPECT_EQ(weftCommSplit(smaller, 0, -rank, &part, nullptr), weftSuccess) << weftGetLastError(nullptr);
    expect_sum(part, 3);
    for (weftComm_t each : {comm, smaller, part}) EXPECT_EQ(weftCommDestroy(each), weftSuccess);
    EXPECT_GT(alarms, 20);
    const itimerval off{};
    setitimer(ITIMER_REAL, &off, nullptr);
  });
}

}  // namespace
}  // namespace weft::test
