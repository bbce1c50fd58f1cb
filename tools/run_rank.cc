#include "tools/run_rank.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace weft::tools {
namespace {

constexpr int kReapMs = 1000;  // for a process that got SIGKILL

struct Pipe {
  OwnedFd read, write;
};

Expected<Pipe> make_pipe();
[[noreturn]] void become_rank(const RankPlan& plan, pid_t parent, const Pipe& out, const Pipe& err,
                              const Pipe& problem);
std::vector<char*> pointers(const std::vector<std::string>& texts);

}  // namespace

Expected<RankProcess> start_rank(const RankPlan& plan) {
  WEFT_TRY_ASSIGN(Pipe out, make_pipe());
  WEFT_TRY_ASSIGN(Pipe err, make_pipe());
  WEFT_TRY_ASSIGN(Pipe problem, make_pipe());
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return error(Code::resource, "cannot start rank {}: fork: {}", plan.rank, errno_text(errno));
  if (pid == 0) become_rank(plan, parent, out, err, problem);

  RankProcess process;
  process.rank = plan.rank;
  process.pid = pid;
  process.own_group = plan.own_group;
  process.out = std::move(out.read);
  process.err = std::move(err.read);
  // Both set the group: whoever of the two comes first, it exists when either goes on.
  if (plan.own_group) setpgid(pid, pid);

  process.pidfd = OwnedFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const int pidfd_problem = errno;

  // The pipe closes without a word when exec succeeds.
  problem.write.reset();
  int exec_problem = 0;
  ssize_t bytes = 0;
  do bytes = ::read(problem.read.get(), &exec_problem, sizeof exec_problem);
  while (bytes < 0 && errno == EINTR);
  if (bytes == 0 && process.pidfd.valid()) return process;
  process.send_signal(SIGKILL);
  process.reap();
  if (bytes == 0) return error(Code::resource, "cannot watch rank {}: {}", plan.rank, errno_text(pidfd_problem));
  return error(Code::invalid_argument, "cannot run {}: {}", plan.command->front(), errno_text(exec_problem));
}

std::string Ending::text() const {
  if (!by_signal) return fmt::format("exit status {}", number);
  const char* const name = sigabbrev_np(number);
  return name == nullptr ? fmt::format("signal {}", number) : fmt::format("signal {} (SIG{})", number, name);
}

Ending RankProcess::ending() const {
  siginfo_t told{};
  const int status = waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &told, WEXITED | WNOWAIT | WNOHANG);
  WEFT_ASSERT(status == 0 && told.si_pid == pid);
  return {told.si_code != CLD_EXITED, told.si_status};
}

void RankProcess::send_signal(int signal) const {
  // Fails only if nobody is left, which is what was wanted.
  static_cast<void>(kill(own_group ? -pid : pid, signal));
}

void RankProcess::reap() const {
  pollfd entry{pidfd.get(), POLLIN, 0};
  static_cast<void>(::poll(&entry, 1, kReapMs));
  siginfo_t told{};
  static_cast<void>(waitid(P_PID, static_cast<id_t>(pid), &told, WEXITED | WNOHANG));
}

namespace {

Expected<Pipe> make_pipe() {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return error(Code::resource, "cannot make a pipe: {}", errno_text(errno));
  return Pipe{OwnedFd(ends[0]), OwnedFd(ends[1])};
}

// In the child, up to exec.
void become_rank(const RankPlan& plan, pid_t parent, const Pipe& out, const Pipe& err, const Pipe& problem) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // It died before prctl.
  if (plan.own_group) setpgid(0, 0);
  if (!plan.keeps_stdin) {
    const OwnedFd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
    dup2(nothing.get(), STDIN_FILENO);
  }
  dup2(out.write.get(), STDOUT_FILENO);
  dup2(err.write.get(), STDERR_FILENO);
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);

  const auto arguments = pointers(*plan.command);
  const auto environment = pointers(plan.environment);
  execvpe(arguments[0], arguments.data(), environment.data());
  const int number = errno;
  static_cast<void>(::write(problem.write.get(), &number, sizeof number) == 0);
  _exit(127);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

}  // namespace
}  // namespace weft::tools
