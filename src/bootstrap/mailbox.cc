#include "bootstrap/mailbox.h"

#include "base/assert.h"

namespace weft {

bool Mailbox::put(Topic topic, Parcel parcel) {
  const auto index = static_cast<size_t>(topic);
  if (index >= kTopics) return false;
  Queue& queue = queues_[index];
  std::lock_guard lock(mutex_);
  if (queue.parcels.size() == kParcelsMax) return false;
  queue.parcels.push_back(std::move(parcel));
  queue.size.store(queue.parcels.size(), std::memory_order_release);
  return true;
}

std::optional<Parcel> Mailbox::take(Topic topic) {
  const auto index = static_cast<size_t>(topic);
  WEFT_ASSERT(index < kTopics);
  Queue& queue = queues_[index];
  // Only a hint: a parcel that is put at this moment is found by the next call, which its doorbell brings about.
  if (queue.size.load(std::memory_order_acquire) == 0) return std::nullopt;
  std::lock_guard lock(mutex_);
  if (queue.parcels.empty()) return std::nullopt;
  Parcel parcel = std::move(queue.parcels.front());
  queue.parcels.pop_front();
  queue.size.store(queue.parcels.size(), std::memory_order_release);
  return parcel;
}

}  // namespace weft
