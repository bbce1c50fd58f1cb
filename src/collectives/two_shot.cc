#include "collectives/generators.h"
#include "collectives/rank_order.h"
#include "schedule/builder.h"

namespace weft {
namespace {

constexpr int kScatter = 0, kGather = 1;  // streams: both directions of the exchange meet every peer

}  // namespace

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
