// Whether a communicator of this rank still works: plain data, written by whoever learns of a failure (the control
// thread, the executor, abort from any thread), read by every wait. The first error sticks.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/doorbell.h"
#include "base/status.h"

namespace weft {

// What a communicator failed of, where the code of its error does not tell.
enum class Cause : uint8_t { none, not_joined, order_cycle, stopped, slow_rank, corrupt };
inline constexpr uint8_t kCauseCount = 6;

class Alive {
 public:
  Alive(int ranks, Doorbell& doorbell) : doorbell_(doorbell), departed_(static_cast<size_t>(ranks), 0) {}

  // One relaxed load: the check in every wait and at the start of every call.
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }
  Status error() const;  // The first error; success while none. Any thread.
  Cause cause() const;   // Of the first error.
  // Stores the first error and wakes this process's sleepers; later ones are dropped. Any thread. True if it was the
  // first.
  bool fail(Status status, Cause cause = Cause::none);

  // A peer that destroyed its communicator in good order: everything it ever sent is there, and nothing more will come.
  void depart(int rank);
  bool has_departed(int rank) const;
  bool any_departed() const { return any_departed_.load(std::memory_order_acquire); }

  Doorbell& doorbell() const { return doorbell_; }

 private:
  Doorbell& doorbell_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> any_departed_{false};
  mutable std::mutex mutex_;
  Status error_;                   // guarded by mutex_
  Cause cause_ = Cause::none;      // guarded by mutex_
  std::vector<uint8_t> departed_;  // guarded by mutex_
};

}  // namespace weft
