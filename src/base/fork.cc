#include "base/fork.h"

#include <pthread.h>

#include <atomic>

namespace weft {
namespace {

std::atomic<uint32_t> generation{0};

void count_child() {
  generation.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

uint32_t fork_generation() {
  // Nobody can hold a number from before the first call, so forks before it need not be counted.
  static const int registered = pthread_atfork(nullptr, nullptr, count_child);
  static_cast<void>(registered);
  return generation.load(std::memory_order_relaxed);  // Written only while the child has a single thread.
}

}  // namespace weft
