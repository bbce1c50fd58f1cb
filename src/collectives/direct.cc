#include "collectives/generators.h"
#include "collectives/rank_order.h"
#include "schedule/builder.h"

namespace weft {

// The direct forms: one exchange, each datum goes straight to where it is wanted. With few ranks in shared memory there
// is nothing shorter. Cowan et al.: MSCCLang, ASPLOS 2023 (all pairs); the rooted ones are the linear ones of
// Pješivac-Grbović et al.: Performance analysis of MPI collective operations, Cluster Computing 2007.
//
// Reduce_scatter: every block is sent to its owner, who sums in rank order. Rank 2 of 4:
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
//     move recv 0..1 + input[2] + recv 2 -> output[2] | post
Schedule direct_reduce_scatter(const Shape& shape) {
  const int n = shape.ranks, me = shape.rank;
  Builder build(me, n, static_cast<uint32_t>(n));
  LaneBuilder& scatter = build.lane();
  LaneBuilder& own = build.lane();
  const Ports owners = scatter.to(others_around(shape, 1));
  scatter.loop(n - 1, {.source = input(me + 1, 1), .send = owners[0], .port_stride = 1});
  const Ports others = own.from(others_in_order(shape));
  own.move({.source = input(me), .target = output(me), .recv = others, .source_at = me, .flags = kPostOp});
  return build.finish(kSlotsPerStep);
}

// All_gather: my block goes to everybody, and those of the others come in one by one. Rank 2 of 4:
//
//   schedule chunks 4 scratch 0 credits 3
//   lane
//     port 0 rank 3 stream 0
//     port 1 rank 0 stream 0
//     port 2 rank 1 stream 0
//     move input[2] -> output[2], send 0..2
//   lane
//     port 0 rank 1 stream 0
//     port 1 rank 0 stream 0
//     port 2 rank 3 stream 0
//     loop 3 times 1 steps
//       move recv 0 -> output[1-i] | ports +1
Schedule direct_all_gather(const Shape& shape) {
  const int n = shape.ranks, me = shape.rank;
  Builder build(me, n, static_cast<uint32_t>(n));
  LaneBuilder& give = build.lane();
  LaneBuilder& gather = build.lane();
  give.move({.source = input(me), .target = output(me), .send = give.to(others_around(shape, 1))});
  const Ports givers = gather.from(others_around(shape, -1));
  gather.loop(n - 1, {.target = output(me - 1, -1), .recv = givers[0], .port_stride = 1});
  return build.finish(kSlotsPerStep);
}

// Broadcast: the root fills one slot for each of the others. Rank 1 of 4, the root:
//
//   schedule chunks 1 scratch 0 credits 1
//   lane
//     port 0 rank 2 stream 0
//     port 1 rank 3 stream 0
//     port 2 rank 0 stream 0
//     move input[0] -> output[0], send 0..2
Schedule direct_broadcast(const Shape& shape) {
  Builder build(shape.rank, shape.ranks, 1);
  LaneBuilder& lane = build.lane();
  if (shape.rank == shape.root) {
    lane.move({.source = input(0), .target = output(0), .send = lane.to(others_around(shape, 1))});
  } else {
    lane.move({.target = output(0), .recv = lane.from(shape.root)});
  }
  return build.finish(1);
}

// Reduce: the root sums all vectors in rank order. Rank 1 of 4, the root:
//
//   schedule chunks 1 scratch 0 credits 1
//   lane
//     port 0 rank 0 stream 0
//     port 1 rank 2 stream 0
//     port 2 rank 3 stream 0
//     move recv 0 + input[0] + recv 1..2 -> output[0] | post
Schedule direct_reduce(const Shape& shape) {
  Builder build(shape.rank, shape.ranks, 1);
  LaneBuilder& lane = build.lane();
  if (shape.rank == shape.root) {
    const Ports others = lane.from(others_in_order(shape));
    lane.move({.source = input(0), .target = output(0), .recv = others, .source_at = shape.root, .flags = kPostOp});
  } else {
    lane.move({.source = input(0), .send = lane.to(shape.root)});
  }
  return build.finish(1);
}

}  // namespace weft
