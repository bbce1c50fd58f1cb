#include "comm/handle.h"

#include <sched.h>

namespace weft {
namespace {

std::atomic<size_t> next_cell{0};

}  // namespace

weftComm_t put_handle(Communicator* communicator) {
  for (size_t tries = 0; tries < kCommunicatorsMax; ++tries) {
    weftComm& cell = handle_cells[next_cell.fetch_add(1, std::memory_order_relaxed) % kCommunicatorsMax];
    Communicator* expected = nullptr;
    if (cell.in_call.load() || cell.questions.load() != 0) continue;  // A call of its last communicator never returned.
    if (cell.communicator.compare_exchange_strong(expected, communicator)) return &cell;
  }
  return nullptr;
}

Communicator* take_handle(weftComm& cell) {
  return cell.communicator.exchange(nullptr);
}

bool await_holders(const weftComm& cell, bool also_call, Deadline deadline) {
  while (cell.questions.load() != 0 || (also_call && cell.in_call.load())) {
    if (deadline.passed()) return false;
    sched_yield();
  }
  return true;
}

}  // namespace weft
