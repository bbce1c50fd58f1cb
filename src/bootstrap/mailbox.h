// Parcels that have arrived and that nobody has taken yet, a queue per topic. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>

#include "base/courier.h"

namespace weft {

class Mailbox {
 public:
  // False if the topic does not exist or its queue is full.
  bool put(Topic topic, Parcel parcel);
  std::optional<Parcel> take(Topic topic);

  static constexpr size_t kTopics = 16;
  static constexpr size_t kParcelsMax = 16384;  // per topic; more means that nobody takes them

 private:
  struct Queue {
    std::atomic<size_t> size{0};  // so that a poll of an empty queue takes no lock
    std::deque<Parcel> parcels;
  };
  std::mutex mutex_;
  std::array<Queue, kTopics> queues_;
};

}  // namespace weft
