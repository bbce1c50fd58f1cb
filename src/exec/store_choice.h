// Which stores write payloads into a connection's slots. When the peer runs on a near core, plain stores are best: the
// lines go from cache to cache. When it is far, each line must first be taken back from there, and non-temporal stores,
// which leave through memory, are several times faster. Virtual machines move while a job runs, so this is measured all
// the time, for each connection, by what happens anyway: the fetch of the credit word that the peer has just written.
// A local matter: nothing on the wire depends on it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/deadline.h"
#include "fifo/ring.h"

namespace weft {

class StoreChoice {
 public:
  // For smaller payloads the choice matters less than asking.
  static constexpr uint64_t kLeastBytes = 4096;

  // ring.try_acquire(), timed when it fetches the credit word and finds a credit.
  Slot* acquire(SlotWriter& ring) {
    if (ring.has_credit()) return ring.try_acquire();
    const auto before = Clock::now();
    Slot* const slot = ring.try_acquire();
    if (slot != nullptr) note(std::chrono::nanoseconds(Clock::now() - before).count());
    return slot;
  }
  bool streams() const { return score_ >= kScoreToStream; }

 private:
  static constexpr int64_t kFarNs = 130;     // near cores take 60 to 90, far ones 200 and more, clock included
  static constexpr int64_t kLostNs = 2000;   // more is no fetch but a lost processor
  static constexpr int kScoreOfFar = 4;      // one far fetch outweighs four near ones: a word that has long lain in
  static constexpr int kScoreMost = 64;      // the shared cache is fetched fast from anywhere, and the wrong choice
  static constexpr int kScoreToStream = 12;  // costs 5 times far, but only 1.5 times near

  void note(int64_t ns) {
    if (ns > kLostNs) return;
    score_ = ns > kFarNs ? std::min(score_ + kScoreOfFar, kScoreMost) : std::max(score_ - 1, 0);
  }
  int score_ = 0;
};

}  // namespace weft
