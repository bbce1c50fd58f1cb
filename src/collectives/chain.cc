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
