#include "comm/handle.h"

#include <sched.h>

namespace weft {
namespace {

// Cells are taken in turn from the first `turn_cells`, which become more when all of them are in use: a process that
// makes and ends communicators for ever touches 64 KiB of the table, not all of it.
constexpr size_t kTurnCells = 4096;
static_assert(kCommunicatorsMax % kTurnCells == 0);
std::atomic<size_t> next_cell{0}, turn_cells{kTurnCells};

weftComm_t put_handle_in_turn(Communicator* communicator, size_t cells) {
  for (size_t tries = 0; tries < cells; ++tries) {
    weftComm& cell = handle_cells[next_cell.fetch_add(1, std::memory_order_relaxed) % cells];
    Communicator* expected = nullptr;
    if (cell.in_call.load() || cell.questions.load() != 0) continue;  // A call of its last communicator never returned.
    if (cell.communicator.compare_exchange_strong(expected, communicator)) return &cell;
  }
  return nullptr;
}

}  // namespace

weftComm_t put_handle(Communicator* communicator) {
  for (;;) {
    size_t cells = turn_cells.load(std::memory_order_relaxed);
    const weftComm_t made = put_handle_in_turn(communicator, cells);
    if (made != nullptr || cells == kCommunicatorsMax) return made;
    turn_cells.compare_exchange_strong(cells, cells + kTurnCells, std::memory_order_relaxed);  // Or another thread has.
  }
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
