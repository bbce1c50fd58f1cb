#include "base/alive.h"

#include "base/assert.h"

namespace weft {

Status Alive::error() const {
  std::lock_guard lock(mutex_);
  return error_.copy();
}

Cause Alive::cause() const {
  std::lock_guard lock(mutex_);
  return cause_;
}

bool Alive::fail(Status status, Cause cause) {
  WEFT_ASSERT(!status.ok());
  {
    std::lock_guard lock(mutex_);
    if (!error_.ok()) return false;
    error_ = std::move(status);
    cause_ = cause;
    stopped_.store(true,
                   std::memory_order_release);  // Pairs with the acquire in stopped(): who sees it, finds the error.
  }
  doorbell_.ring_sleepers();
  return true;
}

void Alive::depart(int rank) {
  {
    std::lock_guard lock(mutex_);
    departed_.at(static_cast<size_t>(rank)) = 1;
    any_departed_.store(true, std::memory_order_release);
  }
  doorbell_.ring_sleepers();
}

bool Alive::has_departed(int rank) const {
  std::lock_guard lock(mutex_);
  return departed_.at(static_cast<size_t>(rank)) != 0;
}

}  // namespace weft
