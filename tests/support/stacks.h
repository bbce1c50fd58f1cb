// Prints what every thread of a process is doing, from outside, without a debugger: a signal makes each thread write
// its own stack into a pipe. Threads that block the signal or are stopped are listed with their state and where they
// sleep.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <string>

#include "base/fd.h"

namespace weft::test {

// Made in the parent before it forks, so that the ranks inherit the signal's action and the pipe. One at a time counts:
// a launch inside a launch restores the outer one when it ends.
class StackWatch {
 public:
  StackWatch();
  ~StackWatch();
  StackWatch(const StackWatch&) = delete;
  StackWatch& operator=(const StackWatch&) = delete;

  // The stacks of all threads of `pid` except the calling one. At most half a second a thread.
  std::string stacks_of(pid_t pid);

 private:
  OwnedFd read_end_, write_end_;
  int outer_fd_;
  struct sigaction outer_action_;
};

// The names of the threads of a process, the first thread first.
std::string thread_names(pid_t pid);
size_t thread_count(pid_t pid);

}  // namespace weft::test
