#include <vector>

#include "collectives/generators.h"
#include "collectives/rank_order.h"
#include "schedule/builder.h"

namespace weft {
namespace {

constexpr uint32_t kCredits = kSlotsPerStep + 1;  // a step's slots, and one more that lets the circle turn

// The one step of a communicator of one rank.
Schedule alone(const Shape& shape, uint8_t flags) {
  Builder build(shape.rank, shape.ranks, 1);
  build.lane().move({.source = input(0), .target = output(0), .flags = flags});
  return build.finish(1);
}

// Reduce_scatter and all_gather move the blocks of ranks, so their chunks are numbered by rank. Where the circle is not
// in rank order a loop cannot compute them and finds them in a table: `count` blocks from `position` downwards.
std::vector<uint32_t> blocks_down_from(const Circle& circle, int position, int count) {
  std::vector<uint32_t> blocks;
  if (circle.in_rank_order()) return blocks;
  for (int i = 0; i < count; ++i) blocks.push_back(static_cast<uint32_t>(circle.rank_at(position - i)));
  return blocks;
}

}  // namespace

// All_reduce around a ring, in 2 (n - 1) steps, each rank sending 2 (n - 1) / n of the vector: the least there is.
// Chunk c starts at position c and gathers a summand at every rank it comes by; after n - 1 steps position c - 1 has
// the whole sum, applies the last map and sends it once around. Every chunk is summed from another rank on, so an
// element's bits depend on where it lies. Patarasuk, Yuan: Bandwidth optimal all-reduce algorithms for clusters of
// workstations, JPDC 2009. Rank 2 of 4:
//
//   schedule chunks 4 scratch 0 credits 4
//   lane
//     port 0 rank 3 stream 0
//     port 1 rank 1 stream 0
//     move input[2] -> send 0
//     loop 2 times 1 steps
//       move input[1-i] + recv 1 -> send 0
//     move input[3] + recv 1 -> output[3], send 0 | post
//     loop 2 times 1 steps
//       move recv 1 -> output[2-i], send 0
//     move recv 1 -> output[0]
Schedule ring_all_reduce(const Shape& shape) {
  if (shape.ranks == 1) return alone(shape, kPostOp);
  const Circle circle(shape);
  const int n = shape.ranks, me = circle.position_of(shape.rank);
  Builder build(shape.rank, n, static_cast<uint32_t>(n));
  LaneBuilder& ring = build.lane();
  const Ports next = ring.to(circle.rank_at(me + 1)), previous = ring.from(circle.rank_at(me - 1));
  ring.move({.source = input(me), .send = next});
  ring.loop(n - 2, {.source = input(me - 1, -1), .recv = previous, .send = next});
  ring.move({.source = input(me + 1), .target = output(me + 1), .recv = previous, .send = next, .flags = kPostOp});
  ring.loop(n - 2, {.target = output(me, -1), .recv = previous, .send = next});
  ring.move({.target = output(me + 2), .recv = previous});
  return build.finish(kCredits);
}

// The first half of the above, turned by one so that a rank ends with its own block. Rank 2 of 4:
//
//   schedule chunks 4 scratch 0 credits 4
//   lane
//     port 0 rank 3 stream 0
//     port 1 rank 1 stream 0
//     move input[1] -> send 0
//     loop 2 times 1 steps
//       move input[0-i] + recv 1 -> send 0
//     move input[2] + recv 1 -> output[2] | post
Schedule ring_reduce_scatter(const Shape& shape) {
  if (shape.ranks == 1) return alone(shape, kPostOp);
  const Circle circle(shape);
  const int n = shape.ranks, me = circle.position_of(shape.rank);
  Builder build(shape.rank, n, static_cast<uint32_t>(n));
  LaneBuilder& ring = build.lane();
  const Ports next = ring.to(circle.rank_at(me + 1)), previous = ring.from(circle.rank_at(me - 1));
  const std::vector<uint32_t> passing = blocks_down_from(circle, me - 2, n - 2);
  ring.move({.source = input(circle.rank_at(me - 1)), .send = next});
  ring.loop(n - 2, {.source = input(circle.rank_at(me - 2), -1), .recv = previous, .send = next, .table = passing});
  ring.move({.source = input(shape.rank), .target = output(shape.rank), .recv = previous, .flags = kPostOp});
  return build.finish(kCredits);
}

// The second half: every block goes once around. Rank 2 of 4:
//
//   schedule chunks 4 scratch 0 credits 4
//   lane
//     port 0 rank 3 stream 0
//     port 1 rank 1 stream 0
//     move input[2] -> output[2], send 0
//     loop 2 times 1 steps
//       move recv 1 -> output[1-i], send 0
//     move recv 1 -> output[3]
Schedule ring_all_gather(const Shape& shape) {
  if (shape.ranks == 1) return alone(shape, 0);
  const Circle circle(shape);
  const int n = shape.ranks, me = circle.position_of(shape.rank);
  Builder build(shape.rank, n, static_cast<uint32_t>(n));
  LaneBuilder& ring = build.lane();
  const Ports next = ring.to(circle.rank_at(me + 1)), previous = ring.from(circle.rank_at(me - 1));
  const std::vector<uint32_t> passing = blocks_down_from(circle, me - 1, n - 2);
  ring.move({.source = input(shape.rank), .target = output(shape.rank), .send = next});
  ring.loop(n - 2, {.target = output(circle.rank_at(me - 1), -1), .recv = previous, .send = next, .table = passing});
  ring.move({.target = output(circle.rank_at(me + 1)), .recv = previous});
  return build.finish(kCredits);
}

}  // namespace weft
