#include "base/fork.h"

#include <pthread.h>

namespace weft {
namespace {

void count_child() {
  fork_count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

uint32_t fork_generation() {
  // Nobody can hold a number from before the first call, so forks before it need not be counted.
  static const int registered = pthread_atfork(nullptr, nullptr, count_child);
  static_cast<void>(registered);
  return fork_count.load(std::memory_order_relaxed);
}

}  // namespace weft
