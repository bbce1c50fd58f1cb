// The instruction sets the folds are compiled for. Each has one translation unit with flags of its own
// (host_reduce_baseline.cc, _avx2.cc, _avx512.cc) which exports one symbol: its table. host_reduce.cc picks a table.
#pragma once

#include <array>
#include <span>

#include "exec/host_reduce.h"

namespace weft {

using Copy = void (*)(const std::byte* source, std::span<std::byte* const> targets, size_t bytes, uint32_t streaming);

// Constant data; any thread may read it. Its functions run only where the instruction set exists.
struct FoldTable {
  const char* name;
  Copy copy;
  std::array<std::array<Fold, kOperatorCount>, kDataTypeCount> folds;

  Fold fold_for(DataType type, Operator op) const { return folds[static_cast<size_t>(type)][static_cast<size_t>(op)]; }
};

extern const FoldTable kBaselineFolds;
#if defined(__x86_64__)
extern const FoldTable kAvx2Folds;
extern const FoldTable kAvx512Folds;
#endif

// The tables this processor and its operating system can run, best first; the baseline is the last. Never empty.
std::span<const FoldTable* const> runnable_folds();

}  // namespace weft
