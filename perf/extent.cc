#include "extent.h"

#include <algorithm>

namespace weft::perf {
namespace {

double bus_factor(Collective collective, int ranks) {
  const double n = ranks;
  switch (collective) {
    case Collective::all_reduce:
      return 2 * (n - 1) / n;
    case Collective::all_gather:
    case Collective::reduce_scatter:
      return (n - 1) / n;
    case Collective::broadcast:
    case Collective::reduce:
      break;
  }
  return 1;
}

}  // namespace

Extent extent_of(Collective collective, size_t count, size_t element_bytes, int ranks) {
  const auto n = static_cast<size_t>(ranks);
  const size_t per_line = 16 / element_bytes;
  const size_t block = count / n / per_line * per_line;
  if (collective == Collective::all_gather) return {block, block, block * n, block, 0};
  if (collective == Collective::reduce_scatter) return {block, block * n, block, 0, block};
  return {count, count, count, 0, 0};
}

Bandwidth bandwidth_of(Collective collective, const Extent& extent, size_t element_bytes, int ranks, double seconds) {
  const auto bytes = static_cast<double>(std::max(extent.send_count, extent.recv_count) * element_bytes);
  const double algorithm = bytes / 1e9 / seconds;
  return {algorithm, algorithm * bus_factor(collective, ranks)};
}

}  // namespace weft::perf
