#include "bootstrap/call_gathering.h"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

// Of the causes of two ranks the one that tells more: a cycle, then silence, then absence.
Cause graver(Cause one, Cause other) {
  for (const Cause cause : {Cause::order_cycle, Cause::stopped}) {
    if (one == cause || other == cause) return cause;
  }
  return Cause::not_joined;
}

}  // namespace

void CallGathering::begin(const std::vector<int>& living, int told, Clock::time_point now) {
  for (Answer& each : answers_) each.lives = each.awaited = false;
  awaited_ = 0;
  for (const int rank : living) {
    Answer& each = answers_[static_cast<size_t>(rank)];
    each.lives = true;
    each.awaited = rank != told;
    awaited_ += each.awaited ? 1 : 0;
  }
  begun_at_ = now;
}

void CallGathering::note(int rank, const RankPlace& place, Clock::time_point now) {
  Answer& each = answers_[static_cast<size_t>(rank)];
  each.place = place;
  each.at = now;
  if (std::exchange(each.awaited, false) && awaited_ != 0) --awaited_;
}

std::vector<int> CallGathering::entered(uint32_t number) const {
  std::vector<int> ranks;
  for (size_t rank = 0; rank < answers_.size(); ++rank) {
    if (answers_[rank].at && answers_[rank].place.latest.number() >= number) ranks.push_back(static_cast<int>(rank));
  }
  return ranks;
}

// 0: nobody waits.
uint32_t CallGathering::lowest_waited_in() const {
  uint32_t lowest = 0;
  for (const Answer& each : answers_) {
    const uint32_t number = each.at && each.place.inside ? each.place.latest.number() : 0;
    if (number != 0 && (lowest == 0 || number < lowest)) lowest = number;
  }
  return lowest;
}

Diagnosis CallGathering::diagnose(const std::function<bool(int rank)>& is_silent) const {
  Diagnosis found{.number = lowest_waited_in()};
  if (found.number == 0) return found;
  for (size_t at = 0; at < answers_.size(); ++at) {
    const Answer& each = answers_[at];
    const auto rank = static_cast<int>(at);
    const bool silent = each.awaited && is_silent(rank);
    const bool there = each.at && each.place.latest.number() >= found.number;
    if (!each.lives || (there && !silent)) continue;
    found.cause = graver(found.cause, silent               ? Cause::stopped
                                      : each.place.crossed ? Cause::order_cycle
                                                           : Cause::not_joined);
    if (found.culprits.size() == Diagnosis::kCulpritsMax) continue;
    found.culprits.push_back({rank, each.place.elsewhere, silent ? 0 : each.place.elsewhere_call.number()});
  }
  return found.cause == Cause::none ? late(found.number) : found;
}

// All are there. One that came when half of the wait was over is to blame for the rest being short.
Diagnosis CallGathering::late(uint32_t number) const {
  Diagnosis found{.number = number};
  uint32_t longest_ms = 0, shortest_ms = UINT32_MAX;
  int last = 0;
  for (size_t rank = 0; rank < answers_.size(); ++rank) {
    const RankPlace& place = answers_[rank].place;
    if (!answers_[rank].lives || !place.inside || place.latest.number() != number) continue;
    longest_ms = std::max(longest_ms, place.since_ms);
    if (place.since_ms >= shortest_ms) continue;
    shortest_ms = place.since_ms;
    last = static_cast<int>(rank);
  }
  if (longest_ms == 0 || shortest_ms > longest_ms / 2) return found;
  found.cause = Cause::slow_rank;
  found.lag_ms = longest_ms - shortest_ms;
  found.culprits.push_back({.rank = last});
  return found;
}

}  // namespace weft
