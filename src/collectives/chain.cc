#include "collectives/generators.h"
#include "collectives/rank_order.h"
#include "schedule/builder.h"

namespace weft {
namespace {

// The chain is the circle, cut behind the root: the root is its head.
struct Link {
  explicit Link(const Shape& shape) : circle(shape), position(circle.position_of(shape.rank)) {
    const int from_root = position - circle.position_of(shape.root) + shape.ranks;
    is_head = from_root % shape.ranks == 0;
    is_tail = from_root % shape.ranks == shape.ranks - 1;
  }
  int towards_head() const { return circle.rank_at(position - 1); }
  int towards_tail() const { return circle.rank_at(position + 1); }
  Circle circle;
  int position;
  bool is_head, is_tail;
};

}  // namespace

// Along a chain from the root: every rank passes on what comes in. A slot needs n - 1 hops, but many are under way, so
// a long vector takes hardly longer than one copy of it, and nobody sends it twice. The form for long vectors.
// Pješivac-Grbović et al.: Performance analysis of MPI collective operations, Cluster Computing 2007. Rank 2 of 4, root
// 1:
//
//   schedule chunks 1 scratch 0 credits 1
//   lane
//     port 0 rank 1 stream 0
//     port 1 rank 3 stream 0
//     move recv 0 -> output[0], send 1
Schedule chain_broadcast(const Shape& shape) {
  const Link link(shape);
  Builder build(shape.rank, shape.ranks, 1);
  LaneBuilder& lane = build.lane();
  Move move = {.target = output(0)};
  if (link.is_head) move.source = input(0);
  if (!link.is_head) move.recv = lane.from(link.towards_head());
  if (!link.is_tail) move.send = lane.to(link.towards_tail());
  lane.move(move);
  return build.finish(1);
}

// The same chain towards the root, each rank adding its own in front of what comes in. Rank 2 of 4, root 1:
//
//   schedule chunks 1 scratch 0 credits 1
//   lane
//     port 0 rank 3 stream 0
//     port 1 rank 1 stream 0
//     move input[0] + recv 0 -> send 1
Schedule chain_reduce(const Shape& shape) {
  const Link link(shape);
  Builder build(shape.rank, shape.ranks, 1);
  LaneBuilder& lane = build.lane();
  Move move = {.source = input(0)};
  if (link.is_head) move.target = output(0);
  if (link.is_head) move.flags = kPostOp;
  if (!link.is_tail) move.recv = lane.from(link.towards_tail());
  if (!link.is_head) move.send = lane.to(link.towards_head());
  lane.move(move);
  return build.finish(1);
}

}  // namespace weft
