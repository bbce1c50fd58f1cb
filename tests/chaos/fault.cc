#include "chaos/fault.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "base/assert.h"

namespace weft::test {
namespace {

constexpr int kLeaveStatus = 7;

struct Row {
  const char* name;
  int signal;      // that the victim is sent
  bool by_signal;  // it ends by one
  int status;      // that signal, or its exit status
};

const Row& row_of(Fault fault) {
  static constexpr Row kRows[] = {
      {"SIGKILL", SIGKILL, true, SIGKILL}, {"bad store", SIGUSR1, true, SIGSEGV},   {"abort", SIGUSR1, true, SIGABRT},
      {"exit(0)", SIGUSR1, false, 0},      {"_exit", SIGUSR1, false, kLeaveStatus},
  };
  return kRows[static_cast<size_t>(fault)];
}

// Of this process, set before the signal can come.
Fault armed = Fault::kill;
std::atomic<char>* forbidden = nullptr;
std::atomic<bool> exit_wanted{false};

void obey(int) {
  switch (armed) {
    case Fault::kill:
      return;
    case Fault::bad_store:
      forbidden->store(1);
      return;
    case Fault::abort:
      std::abort();
    case Fault::exit:
      exit_wanted = true;
      return;
    case Fault::leave:
      _exit(kLeaveStatus);
  }
}

}  // namespace

const char* name_of(Fault fault) {
  return row_of(fault).name;
}

bool strikes_anywhere(Fault fault) {
  return fault != Fault::exit;
}

void arm(Fault fault) {
  armed = fault;
  void* const page = mmap(nullptr, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  WEFT_ASSERT(page != MAP_FAILED);
  forbidden = static_cast<std::atomic<char>*>(page);
  signal(SIGSEGV, SIG_DFL);  // Sanitizers turn it into an exit.
  if (fault == Fault::bad_store || fault == Fault::abort) prctl(PR_SET_DUMPABLE, 0);  // A core file would take long.
  struct sigaction action {};
  action.sa_handler = obey;
  action.sa_flags = SA_RESTART;
  WEFT_ASSERT(sigaction(SIGUSR1, &action, nullptr) == 0);
}

bool told_to_exit() {
  return exit_wanted;
}

void inflict(Fault fault, pid_t victim) {
  WEFT_ASSERT(kill(victim, row_of(fault).signal) == 0);
}

void expect_end(Fault fault, int rank, Expect& expect) {
  const Row& row = row_of(fault);
  (row.by_signal ? expect.killed : expect.left).push_back(rank);
  expect.status[rank] = row.status;
}

}  // namespace weft::test
