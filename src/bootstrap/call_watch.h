// What a seat knows and owes about the calls of its communicator: of the lowest rank, who told what; of every rank,
// what it was asked and what it was answered. Owned by the seat; Control's mutex guards it.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "bootstrap/call_comparison.h"
#include "bootstrap/call_gathering.h"
#include "bootstrap/diagnosis.h"
#include "bootstrap/rank_place.h"

namespace weft {

// What the control thread asks the rank's owner, at any time, from any thread.
struct CallSource {
  std::string name;  // that the user gave the communicator; may be empty
  // The words of calls around number `around`, or (0) of the latest ones.
  std::function<std::vector<CallWords>(uint32_t around)> calls;
  std::function<RankPlace()> place;
  // Texts: of a call, of ranks that called different things, and of the communicator.
  std::function<std::string(const CallWords&)> describe;
  std::function<std::string(const Disagreement&)> describe_disagreement;
};

struct CallWatch {
  explicit CallWatch(int ranks) : gathering(ranks) {}

  CallSource source;  // without functions: nothing is compared

  // Of the lowest rank.
  CallComparison comparison;
  CallGathering gathering;
  Clock::time_point forgot_at{};  // what was told before
  std::set<uint32_t> asked;       // numbers, since then
  std::set<int> waiters;          // are told the diagnosis
  bool report_wanted = false;
  Clock::time_point reported_at{};

  // Of every rank: the calls which it was asked for and has not entered yet, the first and the last; and who asked.
  std::optional<std::pair<uint32_t, uint32_t>> owed;
  int owed_to = 0;
  Diagnosis diagnosis;     // the latest that it was told
  uint64_t diagnoses = 0;  // how many that were
};

}  // namespace weft
