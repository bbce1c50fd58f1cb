#include "collectives/generators.h"
#include "collectives/rank_order.h"
#include "schedule/builder.h"

namespace weft {
namespace {

constexpr int kScatter = 0, kGather = 1;  // streams: both directions of the exchange meet every peer

}  // namespace

// All_reduce in two exchanges, with as few bytes as a ring: rank c owns chunk c. Everybody sends every chunk to its
// owner; the owner sums in rank order, applies the last map and sends the result to everybody. The first lane scatters,
// the second is the owner, the third gathers. Cowan et al.: MSCCLang, ASPLOS 2023 (all pairs). Rank 2 of 4:
//
//   schedule chunks 4 scratch 0 credits 3
//   lane
//     port 0 rank 3 stream 0
//     port 1 rank 0 stream 0
//     port 2 rank 1 stream 0
//     loop 3 times 1 steps
//       move input[3+i] -> send 0 | ports +1
//   lane
//     port 0 rank 0 stream 0
//     port 1 rank 1 stream 0
//     port 2 rank 3 stream 0
//     port 3 rank 0 stream 1
//     port 4 rank 1 stream 1
//     port 5 rank 3 stream 1
//     move recv 0..1 + input[2] + recv 2 -> output[2], send 3..5 | post
//   lane
//     port 0 rank 1 stream 1
//     port 1 rank 0 stream 1
//     port 2 rank 3 stream 1
//     loop 3 times 1 steps
//       move recv 0 -> output[1-i] | ports +1
Schedule two_shot_all_reduce(const Shape& shape) {
  const int n = shape.ranks, me = shape.rank;
  const std::vector<int> others = others_in_order(shape);
  Builder build(me, n, static_cast<uint32_t>(n));
  LaneBuilder& scatter = build.lane();
  LaneBuilder& own = build.lane();
  LaneBuilder& gather = build.lane();
  const Ports owners = scatter.to(others_around(shape, 1), kScatter);
  scatter.loop(n - 1, {.source = input(me + 1, 1), .send = owners[0], .port_stride = 1});
  own.move({.source = input(me),
            .target = output(me),
            .recv = own.from(others, kScatter),
            .send = own.to(others, kGather),
            .source_at = me,
            .flags = kPostOp});
  const Ports givers = gather.from(others_around(shape, -1), kGather);
  gather.loop(n - 1, {.target = output(me - 1, -1), .recv = givers[0], .port_stride = 1});
  return build.finish(kSlotsPerStep);
}

}  // namespace weft
