#include "exec/host_reduce.h"

#include "exec/host_reduce_targets.h"

namespace weft {
namespace {

const FoldTable& chosen_folds() {
  static const FoldTable& chosen = *runnable_folds().front();
  return chosen;
}

}  // namespace

Fold fold_for(DataType type, Operator op) {
  return chosen_folds().fold_for(type, op);
}

void copy_bytes(const std::byte* source, std::span<std::byte* const> targets, size_t bytes, uint32_t streaming) {
  chosen_folds().copy(source, targets, bytes, streaming);
}

const char* fold_target_name() {
  return chosen_folds().name;
}

}  // namespace weft
