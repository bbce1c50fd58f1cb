#include "transport/shm/process_lock.h"

#include <pthread.h>

namespace weft {

std::mutex& process_lock() {
  // Never destroyed: memory may be given back by the destructors of other statics.
  static std::mutex& lock = *[] {
    auto* made = new std::mutex;
    pthread_atfork([] { process_lock().lock(); }, [] { process_lock().unlock(); }, [] { process_lock().unlock(); });
    return made;
  }();
  return lock;
}

}  // namespace weft
