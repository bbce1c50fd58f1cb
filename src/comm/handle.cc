#include "comm/handle.h"

#include <array>
#include <atomic>

struct weftComm {
  std::atomic<weft::Communicator*> communicator{nullptr};
};

namespace weft {
namespace {

std::array<weftComm, kCommunicatorsMax> cells;
std::atomic<size_t> next_cell{0};

// Null if the address is not that of a cell.
weftComm* cell_of(weftComm_t handle) {
  const auto distance = reinterpret_cast<uintptr_t>(handle) - reinterpret_cast<uintptr_t>(cells.data());
  return distance < sizeof cells && distance % sizeof(weftComm) == 0 ? handle : nullptr;
}

}  // namespace

weftComm_t put_handle(Communicator* communicator) {
  for (size_t tries = 0; tries < kCommunicatorsMax; ++tries) {
    weftComm& cell = cells[next_cell.fetch_add(1, std::memory_order_relaxed) % kCommunicatorsMax];
    Communicator* expected = nullptr;
    if (cell.communicator.compare_exchange_strong(expected, communicator, std::memory_order_acq_rel)) return &cell;
  }
  return nullptr;
}

Communicator* find_handle(weftComm_t handle) {
  weftComm* const cell = cell_of(handle);
  return cell == nullptr ? nullptr : cell->communicator.load(std::memory_order_acquire);
}

Communicator* take_handle(weftComm_t handle) {
  weftComm* const cell = cell_of(handle);
  return cell == nullptr ? nullptr : cell->communicator.exchange(nullptr, std::memory_order_acq_rel);
}

}  // namespace weft
