#include "bootstrap/quiet_thread.h"

#include <pthread.h>
#include <signal.h>

#include "base/fork.h"

namespace weft {

QuietThread::QuietThread(const char* name, std::function<void()> body) : generation_(fork_generation()) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // The new thread inherits the mask: there is no moment without it.
  thread_ = std::thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), name);
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
