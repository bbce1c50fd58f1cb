#include "base/doorbell.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>

namespace weft {
namespace {

void membarrier(int command) {
  syscall(SYS_membarrier, command, 0, 0);
}

}  // namespace

void Doorbell::ring_sleepers() {
  rings.fetch_add(1, std::memory_order_release);
  syscall(SYS_futex, &rings, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void register_doorbell_process() {
  membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED);
}

Nap::Nap(Doorbell& doorbell) : doorbell_(doorbell), rings_(doorbell.rings.load(std::memory_order_acquire)) {
  doorbell_.sleepers.fetch_add(1, std::memory_order_seq_cst);
  membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED);
}

Nap::~Nap() {
  doorbell_.sleepers.fetch_sub(1, std::memory_order_relaxed);
}

void Nap::sleep(int64_t at_most_ms) {
  const timespec span{at_most_ms / 1000, (at_most_ms % 1000) * 1'000'000};
  // Not FUTEX_PRIVATE: the ringer may be another process.
  syscall(SYS_futex, &doorbell_.rings, FUTEX_WAIT, rings_, &span, nullptr, 0);
}

}  // namespace weft
