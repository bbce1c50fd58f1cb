// The roots that this process has started: each lives until its communicator has met, in the background. Any thread.
#pragma once

#include "bootstrap/root.h"

namespace weft {

// Starts a root and gives its id; the root itself is kept here.
Expected<UniqueId> start_root(const RootOptions& options);

// Ends the threads of roots whose communicators have met.
void reap_roots();

}  // namespace weft
