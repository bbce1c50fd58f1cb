#include "bootstrap/private_fd.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <set>

#include "base/fork.h"

namespace weft {
namespace {

// The mutex is held across fork, so the child finds a whole list.
struct Registry {
  std::mutex mutex;
  std::set<int> fds;
};

Registry& registry() {
  static Registry* const instance = new Registry;  // Never destroyed: control threads may outlive static destructors.
  return *instance;
}

void before_fork() {
  registry().mutex.lock();
}
void in_parent() {
  registry().mutex.unlock();
}
void in_child() {
  for (const int fd : registry().fds) ::close(fd);
  registry().fds.clear();
  registry().mutex.unlock();
}

void enlist(int fd) {
  static const int registered = pthread_atfork(before_fork, in_parent, in_child);
  static_cast<void>(registered);
  std::lock_guard lock(registry().mutex);
  registry().fds.insert(fd);
}

}  // namespace

PrivateFd::PrivateFd(int fd) : fd_(fd), generation_(fork_generation()) {
  if (!valid()) return;
  try {
    enlist(fd);
  } catch (...) {
    ::close(std::exchange(fd_, -1));
    errno = ENOMEM;
  }
}

PrivateFd& PrivateFd::operator=(PrivateFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    generation_ = other.generation_;
  }
  return *this;
}

bool PrivateFd::inherited() const {
  return forked_since(generation_);
}

void PrivateFd::reset() {
  const int fd = std::exchange(fd_, -1);
  if (fd < 0 || inherited()) return;
  std::lock_guard lock(registry().mutex);  // Closed under the lock: else a new owner of the number could be struck off.
  registry().fds.erase(fd);
  ::close(fd);
}

}  // namespace weft
