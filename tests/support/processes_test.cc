#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "support/leaks.h"
#include "support/ranks.h"

namespace weft::test {
namespace {

// What run_processes reports, collected instead of failing the test that looks at it.
std::vector<std::string> reports_of(int ranks, const RankBody& body, const Expect& expect = {}) {
  ::testing::TestPartResultArray results;
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results);
    run_processes(ranks, body, expect);
  }
  std::vector<std::string> texts;
  for (int i = 0; i < results.size(); ++i) texts.push_back(results.GetTestPartResult(i).message());
  return texts;
}

bool mentions(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

// all ranks pass, and meet through the shared words
// expect: no report, every body ran in a process of its own
TEST(Processes, pass) {
  run_processes(4, [](int rank) {
    meet(0, 4);
    EXPECT_EQ(rank_pid(rank), getpid());
    for (int other = 0; other < rank; ++other) EXPECT_NE(rank_pid(other), getpid());
  });
}

// two failed expectations on one rank, one of them in another thread
// expect: both reported with the rank's number
TEST(Processes, reports_failures) {
  const auto reports = reports_of(3, [](int rank) {
    if (rank != 1) return;
    EXPECT_EQ(2 + 2, 5);
    std::thread([] { ADD_FAILURE() << "beside"; }).join();
  });
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_TRUE(mentions(reports[0], "rank 1: ") && mentions(reports[0], "2 + 2")) << reports[0];
  EXPECT_TRUE(mentions(reports[1], "rank 1: ") && mentions(reports[1], "beside")) << reports[1];
}

// a rank that throws
// expect: reported with the text
TEST(Processes, reports_exceptions) {
  const auto reports = reports_of(1, [](int) { throw std::runtime_error("unforeseen"); });
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_TRUE(mentions(reports[0], "unforeseen")) << reports[0];
}

// a rank killed by another, a rank that exits with a status, both unexpected
// expect: each named with its signal or status
TEST(Processes, reports_ends) {
  const auto reports = reports_of(3, [](int rank) {
    if (rank == 0) kill(rank_pid(2), SIGKILL);
    if (rank == 1) _exit(3);
    if (rank == 2) pause();
  });
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_TRUE(mentions(reports[0], "rank 1 left with exit status 3")) << reports[0];
  EXPECT_TRUE(mentions(reports[1], "rank 2 was killed by signal 9 (Killed)")) << reports[1];
}

// the same ends, expected
// expect: no report
TEST(Processes, expects_ends) {
  const Expect expect{.killed = {2}, .left = {1}};
  run_processes(
      3,
      [](int rank) {
        if (rank == 1) _exit(3);
        if (rank == 2) raise(SIGKILL);
      },
      expect);
}

// an expected end with another status than the expected one
// expect: reported
TEST(Processes, reports_another_status) {
  const auto leave = [](int) { _exit(3); };
  run_processes(1, leave, {.left = {0}, .status = {{0, 3}}});
  EXPECT_TRUE(mentions(reports_of(1, leave, {.left = {0}, .status = {{0, 4}}}).at(0), "left with exit status 3"));
}

// ranks that should die and do not
// expect: reported
TEST(Processes, reports_survivors) {
  EXPECT_TRUE(
      mentions(reports_of(1, [](int) {}, {.killed = {0}}).at(0), "should have been killed by a signal, but returned"));
  EXPECT_TRUE(mentions(reports_of(1, [](int) {}, {.left = {0}}).at(0), "should have left by exit, but returned"));
}

// a failure before an expected death
// expect: still reported
TEST(Processes, judges_the_dead) {
  const auto reports = reports_of(1,
                                  [](int) {
                                    ADD_FAILURE() << "last words";
                                    raise(SIGKILL);
                                  },
                                  {.killed = {0}});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_TRUE(mentions(reports[0], "last words")) << reports[0];
}

extern "C" __attribute__((noinline, visibility("default"))) void stuck_in_here() {
  for (;;) usleep(1000);
}

// one rank waits for ever, a second is stopped, a third returned
// expect: the limit and both ranks reported, with the first one's stack on stderr, after about the limit
TEST(Processes, limit) {
  ::testing::internal::CaptureStderr();
  const auto reports = reports_of(3,
                                  [](int rank) {
                                    if (rank == 0) stuck_in_here();
                                    if (rank == 1) raise(SIGSTOP);
                                  },
                                  {.limit = std::chrono::milliseconds(500)});
  const std::string stacks = ::testing::internal::GetCapturedStderr();
  ASSERT_EQ(reports.size(), 3u);
  EXPECT_TRUE(mentions(reports[0], "limit of 500 ms")) << reports[0];
  EXPECT_EQ(reports[1], "Failed\nrank 0 did not finish");
  EXPECT_EQ(reports[2], "Failed\nrank 1 did not finish");
  EXPECT_TRUE(mentions(stacks, "stuck_in_here")) << stacks;
  EXPECT_TRUE(mentions(stacks, "state T")) << stacks;
}

// a parent with a second thread
// expect: refused, nothing forked
TEST(Processes, refuses_threads) {
  std::atomic<bool> leave{false};
  std::thread other([&] {
    while (!leave) sched_yield();
  });
  const auto reports = reports_of(1, [](int) { ADD_FAILURE() << "ran"; });
  leave = true;
  other.join();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_TRUE(mentions(reports[0], "no other thread may run")) << reports[0];
}

// passing, failing, dying and overdue ranks, a rank that leaves a child of its own
// expect: descriptors, children and mappings as before
TEST(Processes, leaves_nothing) {
  const Holdings before = Holdings::now();
  reports_of(4,
             [](int rank) {
               if (rank == 0 && fork() == 0) pause();
               if (rank == 1) ADD_FAILURE();
               if (rank == 2) raise(SIGKILL);
               if (rank == 3) pause();
             },
             {.limit = std::chrono::milliseconds(200)});
  EXPECT_EQ(Holdings::left_since(before), "");
}

#if defined(WEFT_SANITIZE_thread)
// data races inside a rank; many, since the sanitizer misses one whose accesses meet in the same instant
// expect: reported
TEST(Processes, reports_races) {
  const auto reports = reports_of(1, [](int) {
    std::array<int, 100> words{};
    std::thread other([&] { words.fill(1); });
    words.fill(2);
    other.join();
    EXPECT_NE(words[0], 0);
  });
  ASSERT_EQ(reports.size(), 1u);
  // With halt_on_error it ends the rank on the spot.
  EXPECT_TRUE(mentions(reports[0], "ThreadSanitizer") || mentions(reports[0], "exit status 66")) << reports[0];
}
#endif

#if defined(WEFT_SANITIZE_address_undefined)
// memory leaked inside a rank
// expect: reported
TEST(Processes, reports_leaks) {
  const auto reports = reports_of(1, [](int) {
    static volatile uintptr_t hidden;
    hidden = ~reinterpret_cast<uintptr_t>(new int[1000]);
    EXPECT_NE(hidden, 0u);
  });
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_TRUE(mentions(reports[0], "LeakSanitizer")) << reports[0];
}
#endif

}  // namespace
}  // namespace weft::test
