// Finds the communicator behind a handle, for every function of the C API that takes one.
#pragma once

#include "base/status.h"
#include "comm/handle.h"

namespace weft {

// Fails, naming `function`, if the handle is NULL, none of weft's, destroyed, or made before a fork.
Status find_live(const char* function, weftComm_t handle, Communicator*& communicator);

}  // namespace weft
