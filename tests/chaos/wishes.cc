#include "chaos/wishes.h"

#include <cstdlib>

namespace weft::test {
namespace {

std::optional<uint64_t> take(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  const uint64_t number = std::strtoull(text, nullptr, 10);
  unsetenv(name);
  return number;
}

}  // namespace

const Wishes& wishes() {
  static const Wishes all = [] {
    Wishes found;
    found.seed = take("WEFT_CHAOS_SEED").value_or(found.seed);
    found.jobs = take("WEFT_CHAOS_JOBS");
    found.operations = static_cast<int>(take("WEFT_CHAOS_OPERATIONS").value_or(50));
    found.limits = take("WEFT_CHAOS_LIMITS").value_or(0) != 0;
    found.slow_seconds = static_cast<int64_t>(take("WEFT_CHAOS_SLOW_SECONDS").value_or(10));
    return found;
  }();
  return all;
}

}  // namespace weft::test
