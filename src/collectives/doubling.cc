#include <bit>

#include "collectives/generators.h"
#include "schedule/builder.h"

namespace weft {
namespace {

// The largest power of two of ranks takes part in the rounds. Of the first 2 * extras ranks, the even ones only hand
// their vector to the odd one beside them and get the result from it. A taker is known in the rounds by its place.
struct Takers {
  explicit Takers(int ranks)
      : count(static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks)))), extras(ranks - count) {}
  bool has_partner(int rank) const { return rank < 2 * extras; }
  bool hands_over(int rank) const { return has_partner(rank) && rank % 2 == 0; }
  int place_of(int rank) const { return has_partner(rank) ? rank / 2 : rank - extras; }
  int rank_at(int place) const { return place < extras ? 2 * place + 1 : place + extras; }
  int count, extras;
};

void hand_over(LaneBuilder& give, LaneBuilder& take, int partner) {
  give.move({.source = input(0), .send = give.to(partner)});
  take.move({.target = output(0), .recv = take.from(partner)});
}

}  // namespace

// All_reduce in log2 n rounds of the whole vector: in round k a rank exchanges what it has with the one whose number
// differs in bit k, and adds. Two lanes, so that both directions move at once; they take turns on the output slot by
// slot: a slot is sent before the sum overwrites it (first wait), and summed before the next round sends it (second
// wait). So no scratch is needed. Ranks beyond the largest power of two hand their vector to a neighbour before and get
// the result after. Sums keep the order of ranks. Thakur, Rabenseifner, Gropp: Optimization of collective communication
// operations in MPICH, IJHPCA 2005. Rank 2 of 4:
//
//   schedule chunks 1 scratch 0 credits 1
//   lane
//     port 0 rank 3 stream 0
//     port 1 rank 0 stream 0
//     move input[0] -> send 0
//     move output[0] -> send 1 | after slot lane 1 step 0
//   lane
//     port 0 rank 3 stream 0
//     port 1 rank 0 stream 0
//     move input[0] + recv 0 -> output[0] | after slot lane 0 step 0
//     move recv 1 + output[0] -> output[0] | post, after slot lane 0 step 1
Schedule doubling_all_reduce(const Shape& shape) {
  const Takers takers(shape.ranks);
  Builder build(shape.rank, shape.ranks, 1);
  LaneBuilder& give = build.lane();
  LaneBuilder& take = build.lane();
  if (takers.hands_over(shape.rank)) {
    hand_over(give, take, shape.rank + 1);
    return build.finish(1);
  }

  At sum = input(0);
  After summed;
  if (takers.has_partner(shape.rank)) {
    const Ports partner = take.from(shape.rank - 1);
    summed = after_slot(take.move({.source = sum, .target = output(0), .recv = partner, .source_at = 1}));
    sum = output(0);
  }
  const int place = takers.place_of(shape.rank);
  for (int bit = 1; bit < takers.count; bit *= 2) {
    const int peer = takers.rank_at(place ^ bit);
    const Moved sent = give.move({.source = sum, .send = give.to(peer), .wait = summed});
    const bool last = 2 * bit == takers.count;
    summed = after_slot(take.move({.source = sum,
                                   .target = output(0),
                                   .recv = take.from(peer),
                                   .source_at = peer < shape.rank ? 1 : 0,
                                   .wait = after_slot(sent),
                                   .flags = last ? kPostOp : uint8_t{0}}));
    sum = output(0);
  }
  if (takers.count == 1) take.move({.source = input(0), .target = output(0), .flags = kPostOp});
  if (takers.has_partner(shape.rank)) give.move({.source = output(0), .send = give.to(shape.rank - 1), .wait = summed});
  return build.finish(1);
}

}  // namespace weft
