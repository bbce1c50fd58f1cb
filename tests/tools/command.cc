#include "tools/command.h"

#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/assert.h"

namespace weft::test {
namespace {

constexpr int kLimitMs = 60'000;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::pair<OwnedFd, OwnedFd> make_pipe() {
  std::array<int, 2> ends;
  WEFT_ASSERT(pipe2(ends.data(), O_CLOEXEC) == 0);
  return {OwnedFd(ends[0]), OwnedFd(ends[1])};
}

}  // namespace

Command::Command(const std::vector<std::string>& words, const std::vector<std::string>& settings) {
  auto [input, input_end] = make_pipe();
  auto [output_end, output] = make_pipe();
  auto [error_end, error] = make_pipe();
  std::vector<std::string> environment = settings;  // The first of two of a name counts.
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const auto arguments = pointers(words), variables = pointers(environment);
  pid_ = fork();
  WEFT_ASSERT(pid_ >= 0);
  if (pid_ == 0) {
    dup2(input.get(), STDIN_FILENO);
    dup2(output.get(), STDOUT_FILENO);
    dup2(error.get(), STDERR_FILENO);
    execve(arguments[0], arguments.data(), variables.data());
    _exit(99);
  }
  pidfd_ = OwnedFd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  input_ = std::move(input_end);
  output_ = std::move(output_end);
  error_ = std::move(error_end);
}

Command::~Command() {
  if (pid_ < 0) return;
  send_signal(SIGKILL);
  wait_unread();
}

void Command::write(const std::string& text) {
  WEFT_ASSERT(::write(input_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

void Command::send_signal(int signal) const {
  kill(pid_, signal);
}

bool Command::read_until(const std::function<bool()>& condition) {
  const auto deadline = Deadline::after_ms(kLimitMs);
  while (!condition()) {
    if (deadline.passed() || (!output_.valid() && !error_.valid())) return false;
    std::array<pollfd, 2> entries = {{{output_unread_ ? -1 : output_.get(), POLLIN, 0}, {error_.get(), POLLIN, 0}}};
    ::poll(entries.data(), entries.size(), static_cast<int>(deadline.left_ms(kLimitMs)));
    if (entries[0].revents != 0) read_from(output_, out_);
    if (entries[1].revents != 0) read_from(error_, err_);
  }
  return true;
}

bool Command::read_out_until(const std::string& part) {
  return read_until([&] { return out_.find(part) != std::string::npos; });
}

bool Command::read_err_until(const std::string& part) {
  return read_until([&] { return err_.find(part) != std::string::npos; });
}

int Command::wait() {
  static_cast<void>(read_until([this] { return !output_.valid() && !error_.valid(); }));
  return wait_unread();
}

int Command::wait_unread() {
  pollfd entry{pidfd_.get(), POLLIN, 0};
  if (::poll(&entry, 1, kLimitMs) != 1) return -1;
  int status = 0;
  WEFT_ASSERT(waitpid(pid_, &status, 0) == pid_);
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void Command::read_from(OwnedFd& fd, std::string& text) {
  std::array<char, 65536> buffer;
  const ssize_t bytes = ::read(fd.get(), buffer.data(), buffer.size());
  if (bytes <= 0) return fd.reset();
  text.append(buffer.data(), static_cast<size_t>(bytes));
}

Outcome run_command(const std::vector<std::string>& words, const std::vector<std::string>& settings,
                    const std::string& input) {
  Command command(words, settings);
  if (!input.empty()) command.write(input);
  command.close_input();
  const int status = command.wait();
  return {status, command.out(), command.err()};
}

std::vector<std::string> shell(const std::vector<std::string>& options, const std::string& script) {
  std::vector<std::string> words = {WEFT_COMMAND, "run"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"/bin/sh", "-c", script});
  return words;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> match(const std::string& text, const std::string& pattern) {
  regex_t compiled;
  WEFT_ASSERT(regcomp(&compiled, pattern.c_str(), REG_EXTENDED) == 0);
  std::array<regmatch_t, 8> found;
  std::vector<std::string> groups;
  if (regexec(&compiled, text.c_str(), found.size(), found.data(), 0) == 0) {
    for (const regmatch_t& group : found) {
      if (group.rm_so >= 0)
        groups.push_back(text.substr(static_cast<size_t>(group.rm_so), static_cast<size_t>(group.rm_eo - group.rm_so)));
    }
  }
  regfree(&compiled);
  return groups;
}

std::vector<pid_t> numbers_after(const std::string& text, const std::string& word) {
  std::vector<pid_t> numbers;
  for (const std::string& line : lines_of(text.substr(0, text.rfind('\n') + 1))) {  // complete ones
    const auto groups = match(line, word + " ([0-9]+)$");
    if (!groups.empty()) numbers.push_back(std::stoi(groups[1]));
  }
  return numbers;
}

std::vector<std::string> with_prefix(const std::string& text, const std::string& prefix) {
  std::vector<std::string> lines;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(prefix)) lines.push_back(line.substr(prefix.size()));
  }
  return lines;
}

std::vector<std::string> sorted_lines(const std::string& text) {
  auto lines = lines_of(text);
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool is_gone_soon(pid_t pid) {
  const auto deadline = Deadline::after_ms(kLimitMs);
  while (!deadline.passed()) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat;
    std::getline(file, stat);
    const size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || stat[name_end + 2] == 'Z' || stat[name_end + 2] == 'X') return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace weft::test
