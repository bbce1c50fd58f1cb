// The folds with AVX-512 F, DQ, BW and VL: Skylake-X, Zen 4 and later.
#if defined(__x86_64__)
#define HWY_COMPILE_ONLY_STATIC
#include "exec/host_reduce_table-inl.h"

namespace weft {

const FoldTable kAvx512Folds = {"avx512", copy, all_rows()};

}  // namespace weft
#endif
