#include "transport/children.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/assert.h"
#include "base/deadline.h"
#include "base/fd.h"

namespace weft::test {
namespace {

struct Child {
  pid_t pid;
  OwnedFd verdict;  // what it writes before it ends; closed by its end
};

[[noreturn]] void be_child(const std::function<Status()>& function, int verdict) {
  const Status status = function();
  const std::string text(status.text());
  const bool told = text.empty() || write(verdict, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  std::exit(told ? 0 : 1);  // Not _exit: leak checkers look at exit.
}

Child start(const std::function<Status()>& function) {
  int ends[2];
  WEFT_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
  std::fflush(nullptr);
  const pid_t pid = fork();
  WEFT_ASSERT(pid >= 0);
  if (pid == 0) be_child(function, ends[1]);
  close(ends[1]);
  return {pid, OwnedFd(ends[0])};
}

// Reads until the child's end of the pipe is closed. False: the deadline came first.
bool read_verdict(Child& child, const Deadline& deadline, std::string& text) {
  for (;;) {
    pollfd wanted{child.verdict.get(), POLLIN, 0};
    if (poll(&wanted, 1, static_cast<int>(deadline.left_ms(kWallLimitMs))) == 0) return false;
    char piece[4096];
    const ssize_t got = read(child.verdict.get(), piece, sizeof piece);
    if (got <= 0) return true;
    text.append(piece, static_cast<size_t>(got));
  }
}

}  // namespace

std::vector<std::string> run_in_children(const std::vector<std::function<Status()>>& functions) {
  std::vector<Child> children;
  for (const auto& function : functions) children.push_back(start(function));
  const Deadline deadline = Deadline::after_ms(kWallLimitMs);
  std::vector<std::string> failures;
  for (size_t i = 0; i < children.size(); ++i) {
    std::string text;
    const bool ended = read_verdict(children[i], deadline, text);
    if (!ended) kill(children[i].pid, SIGKILL);
    int status = 0;
    waitpid(children[i].pid, &status, 0);
    if (!ended) failures.push_back(fmt::format("child {} hung and was killed", i));
    if (!text.empty()) failures.push_back(fmt::format("child {}: {}", i, text));
    if (ended && status != 0) failures.push_back(fmt::format("child {} ended with wait status {:#x}", i, status));
  }
  return failures;
}

}  // namespace weft::test
