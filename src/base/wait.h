// The wait loop: the only one. It polls, then yields, then sleeps on the doorbell, and it always watches the
// communicator's alive word and a deadline. A loop that spins on anything else is a defect.
#pragma once

#include <cstdint>

#include "base/alive.h"
#include "base/deadline.h"
#include "base/status.h"

namespace weft {

// How patient a waiter is before it gives the processor away. Depends on how many ranks share how many processors.
struct Patience {
  uint32_t polls = 2000;   // with a pause instruction between
  uint32_t yields = 2000;  // with sched_yield between; after them the waiter sleeps
};

enum class WaitResult : uint8_t { ready, stopped, deadline };

inline void pause_processor() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class Waiter {
 public:
  Waiter(const Alive& alive, const Patience& patience) : alive_(alive), patience_(patience) {}

  // The short wait: polls for a few microseconds, reads no clock. True once `ready()` is true; false: not yet, or
  // stopped. `ready` makes what progress it can and never waits itself.
  template <typename Ready>
  bool poll(Ready&& ready) const {
    for (uint32_t round = 0; round < patience_.polls; ++round) {
      if (ready()) return true;
      if (alive_.stopped()) return false;
      pause_processor();  // Also keeps the polled line with its writer a little longer.
    }
    return false;
  }

  // The long wait: yields the processor between looks, then sleeps between them, until `ready()` is true, the
  // communicator has stopped or the deadline has passed.
  template <typename Ready>
  WaitResult until(Ready&& ready, Deadline deadline) const {
    for (uint32_t round = 0;; ++round) {
      if (ready()) return WaitResult::ready;
      if (alive_.stopped()) return WaitResult::stopped;
      if (deadline.passed()) return WaitResult::deadline;
      if (round < patience_.yields) {
        yield();
        continue;
      }
      Nap nap(alive_.doorbell());
      if (ready()) return WaitResult::ready;
      if (alive_.stopped()) return WaitResult::stopped;
      nap.sleep(deadline.left_ms(kNapMs));
    }
  }

 private:
  static void yield();
  const Alive& alive_;
  const Patience& patience_;
};

}  // namespace weft
