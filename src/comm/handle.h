// weftComm_t handles. A handle is the address of a cell in a table that lives as long as the process, so that any
// pointer can be checked before it is followed: a foreign one is outside the table, one of a destroyed communicator is
// an empty cell. Cells are reused as late as possible. Any thread.
#pragma once

#include <cstddef>

#include "weft/types.h"

namespace weft {

class Communicator;
inline constexpr size_t kCommunicatorsMax = 65536;  // of this process at a time; the table's size

weftComm_t put_handle(Communicator* communicator);  // null if the table is full
// The communicator, or null if the handle is none of ours or was destroyed.
Communicator* find_handle(weftComm_t handle);
// Empties the cell; null if it was empty already, so that only one of two destroys wins.
Communicator* take_handle(weftComm_t handle);

}  // namespace weft
