// One run of a root: ranks come, are told who all are, or why there will be no communicator. On the root's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

namespace weft {

class Gate;
struct Abandoned;

// What the root lends to its thread.
struct RootSession {
  Gate& gate;
  int epoll_fd;                     // watches the gate and `stop_fd`
  int stop_fd;                      // readable: the owner has something to say
  const std::atomic<bool>& ending;  // end at once
  std::function<std::optional<Abandoned>()> take_abandoned;
  std::atomic<uint64_t>& strangers;
  // Called with true before anybody is told of a refusal, with false when nobody is left to be told.
  std::function<void(bool)> set_refusing;
};

// Returns when all have been told, when nobody comes any more, or when it is stopped.
void run_root_session(const RootSession& root);

}  // namespace weft
