// A thread of the library inside somebody else's process: it takes no signals, so the program's signal functions never
// run on it, and it has a name that `ps -L` and debuggers show. Joined by its owner; in a forked child, where the
// thread does not exist, the object is inert.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "base/status.h"

namespace weft {

class QuietThread {
 public:
  // `name`: at most 15 characters. An error if the system gives no thread.
  static Expected<std::unique_ptr<QuietThread>> start(const char* name, std::function<void()> body);
  QuietThread(const QuietThread&) = delete;
  QuietThread& operator=(const QuietThread&) = delete;
  ~QuietThread();  // waits for the body to return

 private:
  QuietThread() = default;
  std::thread thread_;
  uint32_t generation_ = 0;
};

}  // namespace weft
