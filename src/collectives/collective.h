// The collectives and the shape of one: everything a generator may look at.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace weft {

enum class Collective : uint8_t { all_reduce, reduce_scatter, all_gather, broadcast, reduce };
inline constexpr int kCollectiveCount = 5;
inline constexpr std::array<std::string_view, kCollectiveCount> kCollectiveNames = {
    "all_reduce", "reduce_scatter", "all_gather", "broadcast", "reduce"};
constexpr std::string_view name_of(Collective collective) {
  return kCollectiveNames[static_cast<size_t>(collective)];
}

constexpr bool is_rooted(Collective c) {
  return c == Collective::broadcast || c == Collective::reduce;
}
constexpr bool is_reduction(Collective c) {
  return c != Collective::all_gather && c != Collective::broadcast;
}
// all_gather and reduce_scatter cut the data into one block per rank; the others have one block.
constexpr bool is_blocked(Collective c) {
  return c == Collective::all_gather || c == Collective::reduce_scatter;
}

struct Shape {
  int ranks = 1;
  int rank = 0;
  int root = 0;                // rooted collectives only
  std::span<const int> order;  // a permutation of the ranks for ring-like schedules; empty: 0, 1, 2, …
};

}  // namespace weft
