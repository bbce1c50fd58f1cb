// The folds with what every processor of the architecture has: on aarch64 that includes NEON; on x86-64 Highway knows
// nothing below SSSE3, so the lanes are single and the compiler makes SSE2 of them where it can.
#define HWY_COMPILE_ONLY_STATIC
#include "exec/host_reduce_table-inl.h"

namespace weft {

const FoldTable kBaselineFolds = {"baseline", copy, all_rows()};

}  // namespace weft
