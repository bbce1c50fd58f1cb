// What each collective promises, for the verifier. In place means the same for all of them: see schedule/contract.h.
#pragma once

#include "collectives/collective.h"
#include "schedule/contract.h"

namespace weft {

// `root` counts for rooted collectives only.
Contract contract_of(Collective collective, int ranks, int root);

}  // namespace weft
