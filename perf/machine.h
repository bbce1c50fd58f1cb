// What a number of this machine must carry: where it was taken, and how far apart its processors were at the time.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "statistics.h"

namespace weft::perf {

struct Machine {
  std::string host, processor, kernel;
  int processors = 0;
};
Machine this_machine();

int current_processor();
std::vector<int> allowed_processors();  // of the calling thread

struct Hop {
  int from = 0, to = 0;
  Spread ns;
};

// The time of a flag from one processor to another, one way, in nanoseconds: measured by two threads of the calling
// process pinned to them, for about 20 ms. Hosts move virtual processors about, and everything that crosses between two
// of them follows this number. Nobody else should be busy on them. An error if this process may not run on either.
Expected<Hop> measure_hop(int from, int to);

}  // namespace weft::perf
