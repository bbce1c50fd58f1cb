#include "collectives/generators.h"
#include "collectives/rank_order.h"
#include "schedule/builder.h"

namespace weft {

// All_reduce in one exchange: everybody sends the whole vector to everybody, and sums all of them in rank order. The
// fewest hand-offs, the most bytes: for short vectors. In place the sum may overwrite a slot only when it was sent:
// hence the wait. Cowan et al.: MSCCLang, ASPLOS 2023 (all pairs). Rank 2 of 4:
//
//   schedule chunks 1 scratch 0 credits 1
//   lane
//     port 0 rank 0 stream 0
//     port 1 rank 1 stream 0
//     port 2 rank 3 stream 0
//     move input[0] -> send 0..2
//   lane
//     port 0 rank 0 stream 0
//     port 1 rank 1 stream 0
//     port 2 rank 3 stream 0
//     move recv 0..1 + input[0] + recv 2 -> output[0] | post, after slot lane 0 step 0
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
