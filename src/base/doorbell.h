// Wakes a process that sleeps. One doorbell per process, in memory that its peers have mapped; every rank (thread) of
// the process sleeps on it. The usual case costs the ringer one plain load: nobody sleeps.
//
// Why no fence on the ringer's side: the ringer stores its flag, then loads `sleepers`; the sleeper adds itself, then
// loads the flag. For one of them to see the other, both need a full fence between store and load. The sleeper pays for
// both with membarrier(GLOBAL_EXPEDITED), which makes every running thread of registered processes execute one. Where
// the kernel has none, a lost ring costs the sleeper one nap (kNapMs), never a hang.
#pragma once

#include <atomic>
#include <cstdint>

namespace weft {

struct alignas(64) Doorbell {
  std::atomic<uint32_t> sleepers{0};  // threads that sleep or are about to
  std::atomic<uint32_t> rings{0};     // the futex word

  // Call after the store that the sleeper waits for.
  void ring() {
    std::atomic_signal_fence(
        std::memory_order_seq_cst);  // The compiler must keep the order; the processor is the sleeper's care.
    if (sleepers.load(std::memory_order_relaxed) != 0) [[unlikely]]
      ring_sleepers();
  }
  void ring_sleepers();
};
static_assert(sizeof(Doorbell) == 64);

inline constexpr int64_t kNapMs = 20;  // the longest sleep between two looks

// Tells the kernel that this process rings doorbells of others; idempotent, called when a process joins its first
// communicator.
void register_doorbell_process();

// The sleeper's half: announce; then look once more at what you wait for; then sleep unless it has come.
class Nap {
 public:
  explicit Nap(Doorbell& doorbell);  // announces: from here on a ring is not lost
  ~Nap();
  Nap(const Nap&) = delete;
  Nap& operator=(const Nap&) = delete;
  void sleep(int64_t at_most_ms);  // returns when rung, when the time is over, or for no reason

 private:
  Doorbell& doorbell_;
  uint32_t rings_;
};

}  // namespace weft
