// The folds with AVX2, with FMA and F16C as every processor since Haswell and Excavator has them.
#if defined(__x86_64__)
#define HWY_COMPILE_ONLY_STATIC
#include "exec/host_reduce_table-inl.h"

namespace weft {

const FoldTable kAvx2Folds = {"avx2", copy, all_rows()};

}  // namespace weft
#endif
