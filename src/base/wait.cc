#include "base/wait.h"

#include <sched.h>

namespace weft {

void Waiter::yield() {
  sched_yield();
}

}  // namespace weft
