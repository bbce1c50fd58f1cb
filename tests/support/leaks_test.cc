#include "support/leaks.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace weft::test {
namespace {

constexpr std::chrono::milliseconds kNow{0};

bool mentions(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

// nothing done between
// expect: nothing left
TEST(Leaks, none) {
  EXPECT_EQ(Holdings::left_since(Holdings::now()), "");
}

// an open descriptor, a shared mapping, a thread, a child, each still there
// expect: each one named; and nothing once it is gone
TEST(Leaks, names_each_kind) {
  const Holdings before = Holdings::now();
  const int fd = memfd_create("leaky", MFD_CLOEXEC);
  EXPECT_TRUE(mentions(Holdings::left_since(before, kNow), "fd /memfd:leaky"));

  ASSERT_EQ(ftruncate(fd, 4096), 0);
  void* memory = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  EXPECT_TRUE(mentions(Holdings::left_since(before, kNow), "shared mapping"));
  munmap(memory, 4096);

  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  EXPECT_TRUE(mentions(Holdings::left_since(before, kNow), "child " + std::to_string(child)));
  kill(child, SIGKILL);
  EXPECT_TRUE(mentions(Holdings::left_since(before, kNow), "child " + std::to_string(child))) << "dead, but not reaped";
  waitpid(child, nullptr, 0);

  std::atomic<bool> leave{false};
  std::thread thread([&] {
    while (!leave) sched_yield();
  });
  EXPECT_TRUE(mentions(Holdings::left_since(before, kNow), "thread "));
  leave = true;
  thread.join();
  EXPECT_EQ(Holdings::left_since(before), "");
}

}  // namespace
}  // namespace weft::test
