// The lock of what this process has once, however many ranks (threads) it runs: its arenas, its shared allocations.
#pragma once

#include <mutex>

namespace weft {

// Taken around fork, so that a child finds the registries whole and the lock free. Held for set-up work only, and never
// while calling out.
std::mutex& process_lock();

}  // namespace weft
