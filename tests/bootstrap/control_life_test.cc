// How the control thread lives with others: with two communicators, children of its process, strangers, and its end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "bootstrap/socket.h"
#include "bootstrap/two_processes.h"
#include "support/leaks.h"

namespace weft::test {
namespace {

constexpr size_t kTurn = 1;  // shared word

// Rank 0 leaves first and rank 1 sees it.
void leave_in_turn(TestRank& self, int rank) {
  EXPECT_TRUE(rank == 0 || self.wait_for_departure(0, 5000));
  self.membership->leave();
  expect_alive(self);
}

// two processes share two communicators
// expect: one link; it stays when the first communicator ends and goes with the second
TEST(Control, one_link_for_two_communicators) {
  SharedRoot first(10), second(11);
  run_processes(2, [&](int rank) {
    TestRank a, b;
    a.come(first.open(rank, 2), rank, 2);
    b.come(second.open(rank, 2), rank, 2);
    ASSERT_TRUE(a.is_there() && b.is_there());
    EXPECT_EQ(a.control->links(), 1u);
    leave_in_turn(a, rank);
    EXPECT_FALSE(b.alive->any_departed());
    expect_alive(b);
    EXPECT_EQ(b.control->links(), 1u);
    meet(kTurn, 2);
    leave_in_turn(b, rank);
    meet(kEnd, 2);
  });
}

#ifndef WEFT_SANITIZE_thread  // It does not allow threads in the child of a process with threads.
size_t open_descriptors() {
  size_t count = 0;
  for (int fd = 0; fd < 1024; ++fd) count += fcntl(fd, F_GETFD) != -1;
  return count;
}

// What the child of a rank may do with what it has inherited.
void drop_inheritance(TestRank& self, size_t descriptors_of_parent) {
  EXPECT_TRUE(self.control->forked());
  EXPECT_EQ(self.control->send(self.control->self(), kTopic, {}, -1).code(), Code::forked);
  self.membership->leave();
  self.membership.reset();
  EXPECT_LT(open_descriptors() + 3, descriptors_of_parent);
  auto own = Control::of_process("");
  ASSERT_TRUE(own.has_value());
  EXPECT_NE((*own)->self(), self.control->self());
  own->reset();
  self.control.reset();
}

// a forked child drops what it inherited and ends; it may also have a control thread of its own
// expect: its calls answer `forked`; the parent and its peer notice nothing; the parent's sockets are closed in the
// child
TEST(Control, fork) {
  with_two_processes([](TestRank& self, int rank) {
    const size_t before = open_descriptors();
    const pid_t child = fork();
    if (child == 0) {
      drop_inheritance(self, before);  // What it expects, its parent's rank says.
      _exit(0);
    }
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_FALSE(self.alive->any_departed()) << "the child disturbed this process";
    expect_alive(self);
    exchange_parcels(self, rank, true);
  });
}
#endif

// Private ones too, which Holdings leaves out: the stacks of threads are such.
int count_mappings() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

void come_and_go(SharedRoot& root, int rank) {
  TestRank self;
  self.come(root.open(rank, 2), rank, 2);
  ASSERT_TRUE(self.is_there());
  self.membership->leave();
  expect_alive(self);
  self.membership.reset();
  self.control.reset();
  root.close(rank);
}

// a hundred rounds of making and ending a communicator of two processes
// expect: descriptors, threads and mappings as before
TEST(Control, leaves_nothing) {
  constexpr int kRounds = 100;
  SharedRoot root;
  run_processes(2, [&](int rank) {
    for (int round = 0; round < 10; ++round) come_and_go(root, rank);  // Allocators and thread stacks settle.
    const Holdings before = Holdings::now();
    [[maybe_unused]] const int mappings = count_mappings();
    const auto start = Clock::now();
    for (int round = 0; round < kRounds; ++round) come_and_go(root, rank);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
    if (rank == 0) std::printf("%d rounds of init and destroy took %ld ms\n", kRounds, static_cast<long>(ms));
    EXPECT_EQ(Holdings::left_since(before), "");
#if !defined(WEFT_SANITIZE_thread) && !defined(WEFT_SANITIZE_address_undefined)  // Their own mappings grow.
    EXPECT_LE(count_mappings(), mappings + 2);
#endif
  });
}

}  // namespace
}  // namespace weft::test
