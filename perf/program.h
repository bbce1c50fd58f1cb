// The entry of all perf programs: they differ in the collective only.
#pragma once

#include "collectives/collective.h"

namespace weft::perf {

// 0: all is well; 1: wrong elements, or weft failed; 2: usage.
int run_program(Collective collective, int argc, char** argv);

}  // namespace weft::perf
