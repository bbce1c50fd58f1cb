// What weft says of a call that does not end: who holds it up, where that rank is, and who waits. Texts only.
#pragma once

#include <functional>
#include <string>

#include "bootstrap/call_gathering.h"
#include "bootstrap/call_watch.h"
#include "bootstrap/diagnosis.h"
#include "bootstrap/member.h"

namespace weft {

// "NOT_JOINED", "ORDER_CYCLE"; empty where there is nothing to say.
std::string_view verdict_name(Cause cause);

// "communicator 00000000000000ab"
std::string describe(const CommunicatorKey& key);

// One line: "rank 3 (node-a pid 4711) has not entered it (NOT_JOINED)". Empty if no rank is to blame.
std::string describe(const Diagnosis& diagnosis, const CommunicatorKey& key, const Roster& roster);

// The whole report, several lines. `heard_ms` says how long nothing was heard of a rank.
struct StuckReport {
  const CommunicatorKey& key;
  const Roster& roster;
  const CallGathering& gathering;
  const CallSource& source;
  std::function<uint32_t(int rank)> heard_ms;
  std::string text(const Diagnosis& diagnosis) const;

 private:
  std::string culprit(const Diagnosis::Culprit& culprit) const;
  CallWords waited_in(uint32_t number, uint32_t& longest_ms) const;
};

}  // namespace weft
