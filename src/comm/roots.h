// The roots that this process has started: each lives until its communicator has met, in the background. Any thread.
#pragma once

#include "bootstrap/assembly.h"
#include "bootstrap/root.h"

namespace weft {

// Starts a root and gives its id; the root itself is kept here.
Expected<UniqueId> start_root(const RootOptions& options);

// After an init of this process has failed: waits until the other ranks have been told why, if the root of this id is
// here; at most kHearingMs. The process may end as soon as its user sees the error, and the root with it.
// A rank that failed before it came to the root is the cause, which the others hear at once.
void let_all_hear(const UniqueId& id, Abandoned rank);
inline constexpr int64_t kHearingMs = 1000;

// Of a root to which nobody can come.
void end_root(const UniqueId& id);
// Ends the threads of roots whose communicators have met.
void reap_roots();

}  // namespace weft
