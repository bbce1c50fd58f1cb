// A program under test: started with pipes at its three standard streams, read as it writes, killed at the end of the
// test.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/fd.h"

namespace weft::test {

class Command {
 public:
  // The environment is this process's, with `settings` (NAME=value) added.
  explicit Command(const std::vector<std::string>& words, const std::vector<std::string>& settings = {});
  ~Command();

  pid_t pid() const { return pid_; }
  void write(const std::string& text);
  void close_input() { input_.reset(); }
  void close_output() { output_.reset(); }
  void send_signal(int signal) const;
  // Reads until the condition holds; false if the program closes both streams or takes more than a minute before.
  bool read_until(const std::function<bool()>& condition);
  // From here on, standard output is not read, until further notice.
  void leave_output_unread(bool unread) { output_unread_ = unread; }
  bool read_out_until(const std::string& part);
  bool read_err_until(const std::string& part);
  // Waits for the end, reading what comes; the exit status, or 128 + signal; -1 if it takes more than a minute.
  int wait();
  // The same without reading.
  int wait_unread();

  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

 private:
  void read_from(OwnedFd& fd, std::string& text);
  pid_t pid_ = -1;
  OwnedFd pidfd_, input_, output_, error_;
  std::string out_, err_;
  bool output_unread_ = false;
};

struct Outcome {
  int status;
  std::string out, err;
};
Outcome run_command(const std::vector<std::string>& words, const std::vector<std::string>& settings = {},
                    const std::string& input = "");

// The words of: weft run OPTIONS /bin/sh -c SCRIPT
std::vector<std::string> shell(const std::vector<std::string>& options, const std::string& script);

bool has(const std::string& text, const std::string& part);
// The first match of an extended regular expression and its groups; empty if there is none.
std::vector<std::string> match(const std::string& text, const std::string& pattern);
// The numbers that follow `word` and a blank: process ids that ranks have printed.
std::vector<pid_t> numbers_after(const std::string& text, const std::string& word);
// The lines that begin with the prefix, without it.
std::vector<std::string> with_prefix(const std::string& text, const std::string& prefix);
std::vector<std::string> sorted_lines(const std::string& text);
std::vector<std::string> lines_of(const std::string& text);
// True once the process no longer runs; false if it does for a minute.
bool is_gone_soon(pid_t pid);

}  // namespace weft::test
