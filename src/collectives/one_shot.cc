#include "collectives/generators.h"
#include "collectives/rank_order.h"
#include "schedule/builder.h"

namespace weft {

Schedule one_shot_all_reduce(const Shape& shape) {
  const std::vector<int> others = others_in_order(shape);
  Builder build(shape.rank, shape.ranks, 1);
  LaneBuilder& give = build.lane();
  LaneBuilder& take = build.lane();
  After sent;
  if (!others.empty()) sent = after_slot(give.move({.source = input(0), .send = give.to(others)}));
  take.move({.source = input(0),
             .target = output(0),
             .recv = take.from(others),
             .source_at = shape.rank,
             .wait = sent,
             .flags = kPostOp});
  return build.finish(1);
}

}  // namespace weft
