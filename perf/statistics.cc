#include "statistics.h"

#include <algorithm>

namespace weft::perf {
namespace {
constexpr double kBatchSeconds = 5e-4;
constexpr int kCallsMax = 5000;
constexpr int kBatchesLeast = 5;
constexpr int kBatchesMost = 2000;
}  // namespace

Spread spread_of(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return {numbers[numbers.size() / 2], numbers.front(), numbers.back()};
}

Batches batches_for(double seconds_a_call, double seconds_in_all) {
  const double call = std::max(seconds_a_call, 1e-9);
  const int calls = static_cast<int>(std::clamp(kBatchSeconds / call, 1.0, static_cast<double>(kCallsMax)));
  const double batches = seconds_in_all / (call * calls);
  return {static_cast<int>(std::clamp(batches, static_cast<double>(kBatchesLeast), static_cast<double>(kBatchesMost))),
          calls};
}

}  // namespace weft::perf
