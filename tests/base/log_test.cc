#include "base/log.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/assert.h"
#include "base/fd.h"

namespace weft {
namespace {

// What `act` writes to standard error.
std::string said_by(const std::function<void()>& act) {
  ::testing::internal::CaptureStderr();
  act();
  return ::testing::internal::GetCapturedStderr();
}

std::vector<std::string> ring_lines() {
  const OwnedFd file(memfd_create("log_test", MFD_CLOEXEC));
  dump_log_ring(file.get());
  std::string text(static_cast<size_t>(lseek(file.get(), 0, SEEK_END)), '\0');
  EXPECT_EQ(pread(file.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Log : public ::testing::Test {
 protected:
  void TearDown() override {
    set_log_level(LogLevel::warn);
    set_log_rank(-1);
  }
};

// a line of a thread that speaks for no rank, and of one that does
// expect: one format, the rank only where there is one
TEST_F(Log, format) {
  EXPECT_EQ(said_by([] { log_warn("shm", "slot {} of {}", 1, 4); }), "weft: warn  [shm] slot 1 of 4\n");
  set_log_rank(3);
  EXPECT_EQ(said_by([] { log(LogLevel::error, "shm", "gone"); }), "weft: error [rank 3 shm] gone\n");
}

// the rank of another thread
// expect: not ours
TEST_F(Log, rank_is_the_threads) {
  std::thread([] { set_log_rank(7); }).join();
  EXPECT_EQ(said_by([] { log_warn("tcp", "x"); }), "weft: warn  [tcp] x\n");
}

// every level against every level of WEFT_DEBUG
// expect: a line appears if it is at most as chatty as allowed
TEST_F(Log, levels) {
  const std::vector<std::string> words = {"none", "error", "warn", "info", "trace"};
  for (size_t allowed = 0; allowed < words.size(); ++allowed) {
    set_log_level(words[allowed]);
    EXPECT_EQ(log_level(), static_cast<LogLevel>(allowed));
    for (size_t level = 1; level < words.size(); ++level) {
      const auto said = said_by([&] { log(static_cast<LogLevel>(level), "base", "x"); });
      EXPECT_EQ(!said.empty(), level <= allowed) << words[level] << " under " << words[allowed];
    }
  }
}

// a line that is too chatty to be shown
// expect: the ring has it
TEST_F(Log, ring_keeps_what_is_not_shown) {
  EXPECT_EQ(said_by([] { log_trace("exec", "quiet"); }), "");
  EXPECT_EQ(ring_lines().back(), "weft: trace [exec] quiet");
}

// more lines than the ring holds
// expect: the last 256, oldest first
TEST_F(Log, ring_wraps) {
  for (int i = 0; i < 300; ++i) log_trace("exec", "line {}", i);
  const auto lines = ring_lines();
  ASSERT_EQ(lines.size(), 256u);
  EXPECT_EQ(lines.front(), "weft: trace [exec] line 44");
  EXPECT_EQ(lines.back(), "weft: trace [exec] line 299");
}

// a line longer than the ring keeps, then another
// expect: cut, and still a line of its own
TEST_F(Log, ring_cuts_long_lines) {
  log_trace("exec", "{}", std::string(1000, 'x'));
  log_trace("exec", "next");
  const auto lines = ring_lines();
  ASSERT_GE(lines.size(), 2u);
  EXPECT_EQ(lines.back(), "weft: trace [exec] next");
  EXPECT_TRUE(lines[lines.size() - 2].ends_with("xxx"));
}

// lines from several threads at once
// expect: none is lost or mixed with another
TEST_F(Log, any_thread) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 60; ++i) log_trace("exec", "thread {}", t);
    });
  }
  for (auto& thread : threads) thread.join();
  std::vector<int> counts(4);
  for (const auto& line : ring_lines()) {
    for (int t = 0; t < 4; ++t)
      counts[static_cast<size_t>(t)] += line == fmt::format("weft: trace [exec] thread {}", t);
  }
  EXPECT_EQ(counts, std::vector<int>(4, 60));
}

// a condition that does not hold
// expect: ends the process, with the last lines and the condition
TEST(LogDeathTest, asserts) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto fail = [] {
    log_trace("exec", "the last words");
    WEFT_ASSERT(1 + 1 == 3);
  };
  EXPECT_DEATH(fail(), "the last words\n.*1 \\+ 1 == 3 does not hold");
}

}  // namespace
}  // namespace weft
