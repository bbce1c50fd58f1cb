// What weft says when ranks disagree about an operation.
#pragma once

#include <string>

#include "exec/host_executor.h"
#include "fifo/fingerprint.h"

namespace weft {

// "allreduce #17 float32 sum count=4096", for messages.
std::string describe(const CallSignature& call);
// The full text: both calls, and the first field in which they differ.
std::string describe_refusal(const Refused& refused, const CallSignature& mine, int rank);

// The same for two ranks of which neither may be this one.
std::string describe_disagreement(const CallSignature& one, int ones_rank, const CallSignature& other, int others_rank);

}  // namespace weft
