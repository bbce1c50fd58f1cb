#include "bootstrap/quiet_thread.h"

#include <pthread.h>
#include <signal.h>

#include "base/contain.h"
#include "base/fork.h"

namespace weft {

Expected<std::unique_ptr<QuietThread>> QuietThread::start(const char* name, std::function<void()> body) {
  std::unique_ptr<QuietThread> quiet(new QuietThread);
  quiet->generation_ = fork_generation();
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // The new thread inherits the mask: there is no moment without it.
  const Status started = contain([&] {
    quiet->thread_ = std::thread(std::move(body));
    return Status();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!started.ok()) return error(started.code(), "cannot start the thread {}: {}", name, started.text());
  pthread_setname_np(quiet->thread_.native_handle(), name);
  return quiet;
}

QuietThread::~QuietThread() {
  if (!thread_.joinable()) return;
  if (!forked_since(generation_)) {
    thread_.join();
  } else {
    new std::thread(std::move(thread_));  // Only a number in this process; its destructor would insist on a join.
  }
}

}  // namespace weft
