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
