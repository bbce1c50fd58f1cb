// One rank of `weft run`: a process of this host with its output in two pipes.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/status.h"

namespace weft::tools {

// How a process ended: it exited with a status, or a signal ended it.
struct Ending {
  bool by_signal = false;
  int number = 0;
  bool good() const { return !by_signal && number == 0; }
  int exit_status() const { return by_signal ? 128 + number : number; }  // as shells have it
  std::string text() const;                                              // "signal 11 (SIGSEGV)", "exit status 3"
};

struct RankProcess {
  int rank = 0;
  pid_t pid = 0;
  OwnedFd pidfd;     // readable when the process has ended
  OwnedFd out, err;  // our ends of its standard output and error
  bool own_group = true;
  bool ended = false;  // It stays a zombie until `reap`, so that its number, and its group's, name nobody else.

  // Of a process whose pidfd is readable.
  Ending ending() const;
  // To the process and all that it started in its group.
  void send_signal(int signal) const;
  // After its end, or a moment after SIGKILL.
  void reap() const;
};

struct RankPlan {
  int rank = 0;
  const std::vector<std::string>* command = nullptr;
  std::vector<std::string> environment;  // NAME=value
  bool keeps_stdin = false;              // else it reads nothing
  // A process outside the terminal's group may not read the terminal.
  bool own_group = true;
};

// The process dies with this one (SIGKILL), however this one ends. A program that cannot be executed is
// invalid_argument.
Expected<RankProcess> start_rank(const RankPlan& plan);

}  // namespace weft::tools
