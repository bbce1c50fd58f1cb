// Ranks as forked processes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "base/assert.h"
#include "base/deadline.h"
#include "base/fd.h"
#include "support/board.h"
#include "support/sanitizer.h"
#include "support/stacks.h"
#include "support/verdict.h"

namespace weft::test {
namespace {

struct Pipe {
  OwnedFd read_end, write_end;
};

// One child of this launch.
struct Child {
  pid_t pid = -1;
  OwnedFd process, pipe;  // the pidfd; the read end of its verdicts
  VerdictReader reader;
  bool ended = false;
  bool overdue = false;  // it was still running when the limit was over
  siginfo_t end{};       // valid once `ended`
};

bool is_alone();
Pipe make_pipe();
Child start_rank(int rank, const RankBody& body, const Pipe& gate);
bool wait_for_all(std::vector<Child>& children, Deadline deadline);
void kill_overdue(std::vector<Child>& children, StackWatch& watch);
void judge(int rank, const Child& child, const Expect& expect);

}  // namespace

void run_processes(int ranks, const RankBody& body, const Expect& expect) {
  WEFT_ASSERT(ranks >= 1 && ranks <= kRanksMax);
  if (!is_alone()) {
    ADD_FAILURE() << "run_processes forks, so no other thread may run; there are: " << thread_names(getpid());
    return;
  }
  const BoardOwner owner;
  StackWatch watch;
  std::vector<Child> children;
  {
    const Pipe gate = make_pipe();  // Its write end closes here, when all have started: so every rank knows all pids.
    for (int rank = 0; rank < ranks; ++rank) children.push_back(start_rank(rank, body, gate));
  }
  if (!wait_for_all(children, Deadline::after(expect.limit))) {
    ADD_FAILURE() << "the limit of " << expect.limit.count() << " ms is over; stacks are on stderr";
    kill_overdue(children, watch);
  }
  for (int rank = 0; rank < ranks; ++rank) judge(rank, children[static_cast<size_t>(rank)], expect);
}

namespace {

// A thread that was just joined may still be listed for a moment, so one look is not enough.
bool is_alone() {
  const Deadline deadline = Deadline::after_ms(1000);
  while (thread_count(getpid()) > 1 + sanitizer_threads()) {
    if (deadline.passed()) return false;
    sched_yield();
  }
  return true;
}

Pipe make_pipe() {
  int ends[2];
  WEFT_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
  return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

void run_body(int rank, const RankBody& body, int verdict_fd) {
  const FailureWriter failures(verdict_fd);
  try {
    body(rank);
  } catch (const std::exception& thrown) {
    ADD_FAILURE() << "threw " << thrown.what();
  }
  const std::string findings = sanitizer_findings();
  if (!findings.empty()) ADD_FAILURE() << findings;
}

// Leaves by _exit: gtest's summary and the destructors of globals belong to the parent.
[[noreturn]] void be_rank(int rank, const RankBody& body, OwnedFd verdicts, pid_t parent, int gate_fd) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // It died before the line above.
  char none;
  while (read(gate_fd, &none, 1) < 0 && errno == EINTR) {
  }
  close(gate_fd);
  run_body(rank, body, verdicts.get());
  std::fflush(nullptr);
  write_returned(verdicts.get());
  _exit(0);
}

Child start_rank(int rank, const RankBody& body, const Pipe& gate) {
  Pipe verdicts = make_pipe();
  std::fflush(nullptr);  // or the child would print what the parent has buffered once more
  const pid_t parent = getpid();
  Child child;
  child.pid = fork();
  WEFT_ASSERT(child.pid >= 0);
  if (child.pid == 0) {
    close(gate.write_end.get());
    verdicts.read_end.reset();
    be_rank(rank, body, std::move(verdicts.write_end), parent, gate.read_end.get());
  }
  setpgid(child.pid, child.pid);  // Both do it: whoever comes first.
  board().pids[static_cast<size_t>(rank)].store(child.pid);
  child.process = OwnedFd(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
  WEFT_ASSERT(child.process.valid());
  child.pipe = std::move(verdicts.read_end);
  fcntl(child.pipe.get(), F_SETFL, O_NONBLOCK);
  return child;
}

void drain(Child& child) {
  std::array<char, 4096> piece;
  for (ssize_t count; (count = read(child.pipe.get(), piece.data(), piece.size())) > 0;)
    child.reader.take(piece.data(), static_cast<size_t>(count));
}

// The pidfd decides, not the end of the pipe: a grandchild may hold that open.
void reap(Child& child) {
  WEFT_ASSERT(waitid(P_PIDFD, static_cast<id_t>(child.process.get()), &child.end, WEXITED) == 0);
  child.ended = true;
  drain(child);
  kill(-child.pid, SIGKILL);  // what the rank itself has started and left
}

bool wait_for_all(std::vector<Child>& children, Deadline deadline) {
  while (std::any_of(children.begin(), children.end(), [](const Child& child) { return !child.ended; })) {
    if (deadline.passed()) return false;
    std::vector<pollfd> wanted;
    std::vector<Child*> owners;
    for (Child& child : children) {
      if (child.ended) continue;
      wanted.push_back({child.process.get(), POLLIN, 0});
      wanted.push_back({child.pipe.get(), POLLIN, 0});
      owners.push_back(&child);
    }
    if (poll(wanted.data(), wanted.size(), static_cast<int>(deadline.left_ms(1000))) <= 0) continue;
    for (size_t i = 0; i < owners.size(); ++i) {
      if (wanted[2 * i + 1].revents & POLLIN) drain(*owners[i]);
      if (wanted[2 * i].revents != 0) reap(*owners[i]);
    }
  }
  return true;
}

void kill_overdue(std::vector<Child>& children, StackWatch& watch) {
  for (size_t rank = 0; rank < children.size(); ++rank) {
    Child& child = children[rank];
    child.overdue = !child.ended;
    if (child.overdue)
      std::fprintf(stderr, "rank %zu (pid %d) is still running:\n%s", rank, child.pid,
                   watch.stacks_of(child.pid).c_str());
  }
  for (Child& child : children) {
    if (!child.overdue) continue;
    kill(-child.pid, SIGKILL);
    reap(child);
  }
}

bool contains(const std::vector<int>& ranks, int rank) {
  return std::find(ranks.begin(), ranks.end(), rank) != ranks.end();
}

std::string text_of(const Child& child) {
  if (child.reader.verdict().returned) return "returned";
  if (child.end.si_code == CLD_EXITED) return "left with exit status " + std::to_string(child.end.si_status);
  return "was killed by signal " + std::to_string(child.end.si_status) + " (" + strsignal(child.end.si_status) + ")";
}

void judge(int rank, const Child& child, const Expect& expect) {
  for (const RankFailure& failure : child.reader.verdict().failures)
    ADD_FAILURE_AT(failure.file.c_str(), failure.line) << "rank " << rank << ": " << failure.text;
  if (child.overdue) {
    ADD_FAILURE() << "rank " << rank << " did not finish";
    return;
  }
  const bool returned = child.reader.verdict().returned && child.end.si_code == CLD_EXITED;
  const bool left = !returned && child.end.si_code == CLD_EXITED;
  if (contains(expect.killed, rank)) {
    EXPECT_TRUE(!returned && !left) << "rank " << rank << " should have been killed by a signal, but "
                                    << text_of(child);
  } else if (contains(expect.left, rank)) {
    EXPECT_TRUE(left) << "rank " << rank << " should have left by exit, but " << text_of(child);
  } else {
    EXPECT_TRUE(returned) << "rank " << rank << " " << text_of(child);
  }
  if (const auto due = expect.status.find(rank); due != expect.status.end()) {
    EXPECT_EQ(child.end.si_status, due->second) << "rank " << rank << " " << text_of(child);
  }
}

}  // namespace
}  // namespace weft::test
