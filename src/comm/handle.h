// weftComm_t handles. A handle is the address of a cell in a table that lives as long as the process, so that any
// pointer can be checked before it is followed: a foreign one is outside the table, one of a destroyed communicator is
// an empty cell. Cells are reused late, after thousands of others. Any thread.
//
// Whoever uses a communicator holds its cell meanwhile, and whoever ends it empties the cell first and then waits for
// the holders: nobody uses what was deleted. Both sides write, then read what the other side writes, in one order.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/deadline.h"
#include "weft/types.h"

namespace weft {
class Communicator;
inline constexpr size_t kCommunicatorsMax = 65536;  // of this process at a time; the table's size
}  // namespace weft

struct weftComm {
  std::atomic<weft::Communicator*> communicator{nullptr};
  std::atomic<uint32_t> questions{0};  // short calls that hold it, any number at a time
  std::atomic<bool> in_call{false};    // a collective or destroy holds it, one at a time
};

namespace weft {

inline std::array<weftComm, kCommunicatorsMax> handle_cells;

// Null if the handle is none of ours.
inline weftComm* cell_of(weftComm_t handle) {
  const auto distance = reinterpret_cast<uintptr_t>(handle) - reinterpret_cast<uintptr_t>(handle_cells.data());
  return distance < sizeof handle_cells && distance % sizeof(weftComm) == 0 ? handle : nullptr;
}

weftComm_t put_handle(Communicator* communicator);  // null if the table is full
// Empties the cell; null if it was empty already, so that only one of two ends wins.
Communicator* take_handle(weftComm& cell);
// Waits for those that held the communicator when it was taken; false if some still do when the time is over.
bool await_holders(const weftComm& cell, bool also_call, Deadline deadline);

}  // namespace weft
