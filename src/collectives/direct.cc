#include "collectives/generators.h"
#include "collectives/rank_order.h"
#include "schedule/builder.h"

namespace weft {

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
