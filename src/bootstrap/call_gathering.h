// The answers of all ranks of a communicator to the question where they are in the order of its calls, and what follows
// from them. Kept by the rank that asks. Pure: no sockets, threads or clocks of its own.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/deadline.h"
#include "bootstrap/diagnosis.h"
#include "bootstrap/rank_place.h"

namespace weft {

class CallGathering {
 public:
  explicit CallGathering(int ranks) : answers_(static_cast<size_t>(ranks)) {}

  // All that live are asked, again, but for the one that has just told.
  void begin(const std::vector<int>& living, int told, Clock::time_point now);
  // What a rank answers, or tells unasked.
  void note(int rank, const RankPlace& place, Clock::time_point now);
  bool open() const { return awaited_ != 0; }
  void close() { awaited_ = 0; }  // those that have not answered will not be waited for
  Clock::time_point begun_at() const { return begun_at_; }
  std::optional<Clock::time_point> heard_at(int rank) const { return answer(rank).at; }  // none: never
  const RankPlace& place(int rank) const { return answer(rank).place; }
  bool awaits(int rank) const { return answer(rank).awaited; }

  // Ranks that wait in call `number` or a later one, or have come out of it.
  std::vector<int> entered(uint32_t number) const;
  // From what is known by now. `is_silent` is asked of ranks that have not answered: silent, or only busy?
  Diagnosis diagnose(const std::function<bool(int rank)>& is_silent) const;

 private:
  struct Answer {
    RankPlace place;
    std::optional<Clock::time_point> at;
    bool awaited = false;
    bool lives = false;  // as far as is known
  };
  const Answer& answer(int rank) const { return answers_[static_cast<size_t>(rank)]; }
  uint32_t lowest_waited_in() const;
  Diagnosis late(uint32_t number) const;

  std::vector<Answer> answers_;  // by rank
  size_t awaited_ = 0;
  Clock::time_point begun_at_{};
};

}  // namespace weft
