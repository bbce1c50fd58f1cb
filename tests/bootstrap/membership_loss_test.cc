// What the other ranks of a communicator learn when the process of one ends without leaving.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>

#include "bootstrap/test_rank.h"

namespace weft::test {
namespace {

constexpr size_t kStart = 0, kKilledAt = 1;  // shared words

uint64_t now_us() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count());
}

enum class End { kill, exit, child_keeps_sockets };

void end_process(End end) {
  if (end == End::exit) syscall(SYS_exit_group, 0);  // _exit, without the second that ThreadSanitizer sleeps in it
  if (end == End::child_keeps_sockets && syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr) == 0) {
    // Made without fork handlers, so it keeps all sockets open; it outlives the second of grace, in a group of its own
    // because the rank's group ends with the rank.
    setpgid(0, 0);
    alarm(2);
    for (;;) pause();
  }
  raise(SIGKILL);
}

void expect_noticed(const TestRank& self, int rank, const char* what) {
  const std::string text = self.wait_for_failure(5000);
  const uint64_t us = now_us() - shared_word(kKilledAt).load();
  if (rank == 0) std::printf("%s: noticed after %lu us: %s\n", what, us, text.c_str());
  expect_text(text, {fmt::format("{} died: ", describe(self.joined.roster[1]))});
  EXPECT_EQ(self.alive->error().code(), Code::remote_error);
  EXPECT_LT(us, 1'000'000u);
}

// Rank 1 of four ends so.
void expect_end_noticed(End end, bool tcp, const char* what) {
  const Expect expect = end == End::exit ? Expect{.left = {1}} : Expect{.killed = {1}};
  SharedRoot root;
  run_processes(
      4,
      [&](int rank) {
        TestRank self;
        self.come(root.open(rank, 4), rank, 4, [&](Roster& roster) {
          for (Member& member : roster) member.host_identity += tcp ? 1 : 0;
        });
        meet(kStart, 4);
        if (rank == 1) {
          shared_word(kKilledAt).store(now_us());
          end_process(end);
        }
        if (self.is_there()) expect_noticed(self, rank, what);
      },
      expect);
}

// a process is killed, exits without leaving, or is killed while a forked child of it lives on
// expect: all survivors fail within a second, naming its rank and pid
TEST(Loss, killed) {
  expect_end_noticed(End::kill, false, "SIGKILL over unix");
}
TEST(Loss, killed_over_tcp) {
  expect_end_noticed(End::kill, true, "SIGKILL over TCP");
}
TEST(Loss, exits) {
  expect_end_noticed(End::exit, false, "exit over unix");
}
TEST(Loss, killed_with_child) {
  expect_end_noticed(End::child_keeps_sockets, false, "SIGKILL with a living child over unix");
}

// a process of the roster is gone before it links
// expect: the others hear so long before their deadline
TEST(Loss, gone_before_linking) {
  constexpr size_t kNamed = 2;  // shared word: somebody has named rank 2
  SharedRoot root;
  run_processes(3,
                [&](int rank) {
                  TestRank self;
                  ASSERT_TRUE(self.find_others(root.open(rank, 3), rank, 3).ok());
                  if (rank == 2) raise(SIGKILL);
                  const auto start = Clock::now();
                  const Status linked = self.take_part(rank);
                  ASSERT_FALSE(linked.ok());
                  EXPECT_LT(Clock::now() - start, std::chrono::seconds(3));
                  expect_text(linked.text(), {"rank "});
                  // One of them may see only that the other has given up, because the two had no link yet.
                  if (contains(linked.text(), "rank 2 (")) shared_word(kNamed).store(1);
                  meet(kStart, 2);
                  EXPECT_EQ(shared_word(kNamed).load(), 1u) << linked.text();
                },
                {.killed = {2}});
}

// "T" while it is stopped. Read from /proc: it may be another process's child.
std::string state_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string number, name, state;
  file >> number >> name >> state;
  return state;
}

// a stopped peer does not read, and this process ends its last communicator
// expect: it waits a tenth of a second, not for the peer
TEST(Loss, ends_past_a_stopped_peer) {
  SharedRoot root;
  run_processes(2, [&](int rank) {
    TestRank self;
    self.come(root.open(rank, 2), rank, 2);
    ASSERT_TRUE(self.is_there());
    meet(kStart, 2);
    if (rank == 1) {
      raise(SIGSTOP);
      EXPECT_TRUE(self.wait_for_departure(0, 5000)) << "the departure was lost";
      return expect_alive(self);
    }
    const Deadline limit = soon();
    while (state_of(rank_pid(1)) != "T" && !limit.passed()) sched_yield();
    const auto start = Clock::now();
    self.membership.reset();
    self.control.reset();
    EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(1000));
    kill(rank_pid(1), SIGCONT);
  });
}

// ranks of two processes, two each: one process is killed
// expect: the survivors name both its ranks
TEST(Loss, two_ranks_in_a_process) {
  SharedRoot root;
  run_processes(2,
                [&](int process) {
                  const UniqueId id = root.open(process, 2);
                  run_threads(2, [&](int local) {
                    TestRank self;
                    self.come(id, 2 * process + local, 4);
                    ASSERT_TRUE(self.is_there());
                    EXPECT_EQ(self.control->links(), 1u);
                    meet(kStart, 4);
                    if (process == 1) raise(SIGKILL);
                    EXPECT_TRUE(self.wait_for_failure(5000).starts_with("ranks 2-3 (")) << self.alive->error().text();
                  });
                },
                {.killed = {1}});
}

}  // namespace
}  // namespace weft::test
