#include "support/stacks.h"

#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/assert.h"
#include "base/deadline.h"
#include "support/symbols.h"

namespace weft::test {
namespace {

constexpr int kFramesMax = 48;
constexpr char kEnd = '\x04';
volatile sig_atomic_t dump_fd = -1;

int dump_signal() {
  return SIGRTMIN + 7;
}  // not SIGUSR1: programs under test may use it

// Async-signal-safe once the unwinder is loaded, which StackWatch does beforehand.
void write_own_stack(int) {
  const int saved_errno = errno;
  void* frames[kFramesMax];
  backtrace_symbols_fd(frames, backtrace(frames, kFramesMax), dump_fd);
  [[maybe_unused]] const ssize_t written = write(dump_fd, &kEnd, 1);
  errno = saved_errno;
}

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> threads;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", failed))
    threads.push_back(static_cast<pid_t>(std::stol(entry.path().filename())));
  std::sort(threads.begin(), threads.end());
  return threads;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string task_path(pid_t pid, pid_t thread, const char* name) {
  return "/proc/" + std::to_string(pid) + "/task/" + std::to_string(thread) + "/" + name;
}

// The letter after the parenthesised name: R running, S sleeping, T stopped, …
std::string state_of(pid_t pid, pid_t thread) {
  const std::string stat = first_line(task_path(pid, thread, "stat"));
  const size_t name_end = stat.rfind(") ");
  return name_end == std::string::npos ? "gone" : stat.substr(name_end + 2, 1);
}

// True if the process still runs this program: another one has no action for the signal and would die of it.
bool runs_this_program(pid_t pid) {
  std::error_code failed;
  const auto theirs = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", failed);
  return !failed && theirs == std::filesystem::read_symlink("/proc/self/exe", failed);
}

std::string read_until_end(int fd) {
  std::string text;
  std::array<char, 4096> piece;
  const Deadline deadline = Deadline::after_ms(500);
  while (!deadline.passed()) {
    pollfd wanted{fd, POLLIN, 0};
    if (poll(&wanted, 1, static_cast<int>(deadline.left_ms(500))) <= 0) continue;
    const ssize_t count = read(fd, piece.data(), piece.size());
    if (count <= 0) return text;
    text.append(piece.data(), static_cast<size_t>(count));
    if (text.back() == kEnd) {
      text.pop_back();
      return text;
    }
  }
  return text;
}

}  // namespace

StackWatch::StackWatch() : outer_fd_(dump_fd) {
  void* frame[1];
  backtrace(frame, 1);  // loads the unwinder here: inside the signal's action it could not be
  int ends[2];
  WEFT_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
  read_end_ = OwnedFd(ends[0]);
  write_end_ = OwnedFd(ends[1]);
  dump_fd = ends[1];
  struct sigaction action {};
  action.sa_handler = write_own_stack;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(dump_signal(), &action, &outer_action_);
}

StackWatch::~StackWatch() {
  sigaction(dump_signal(), &outer_action_, nullptr);
  dump_fd = outer_fd_;
}

std::string StackWatch::stacks_of(pid_t pid) {
  std::ostringstream text;
  const bool can_ask = runs_this_program(pid);
  for (const pid_t thread : threads_of(pid)) {
    if (thread == gettid()) continue;
    text << "  thread " << thread << " \"" << first_line(task_path(pid, thread, "comm")) << "\" state "
         << state_of(pid, thread) << " in " << first_line(task_path(pid, thread, "wchan")) << "\n";
    if (!can_ask || syscall(SYS_tgkill, pid, thread, dump_signal()) != 0) continue;
    const std::string frames = read_until_end(read_end_.get());
    text << (frames.empty() ? "    (does not answer: stopped, or blocks the signal)\n" : with_symbols(frames));
  }
  return text.str();
}

std::string thread_names(pid_t pid) {
  std::string names;
  for (const pid_t thread : threads_of(pid))
    names += (names.empty() ? "" : ", ") + first_line(task_path(pid, thread, "comm"));
  return names;
}

size_t thread_count(pid_t pid) {
  return threads_of(pid).size();
}

}  // namespace weft::test
