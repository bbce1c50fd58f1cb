// Which rank the others wait for: it enters last, call after call, and by so much that it is no accident.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include "fifo/fingerprint.h"
#include "tools/flight_words.h"
#include "tools/trace.h"

namespace weft::tools {
namespace {

constexpr size_t kCallsLeast = 8;            // fewer show nothing
constexpr double kShareLeast = 0.75;         // of the calls; of two ranks one is the last in half of them
constexpr int64_t kMedianLeastNs = 100'000;  // less is the scatter of wake-ups

// How one call was entered.
struct Arrivals {
  int64_t first_ns = std::numeric_limits<int64_t>::max(), last_ns = std::numeric_limits<int64_t>::min();
  int last_rank = -1, ranks = 0;

  void add(int rank, int64_t at_ns) {
    ++ranks;
    first_ns = std::min(first_ns, at_ns);
    if (at_ns > last_ns) last_ns = at_ns, last_rank = rank;
  }
};

struct Group {
  int ranks = 0;
  std::map<uint32_t, Arrivals> calls;  // by number
};

std::map<uint64_t, Group> group_calls(const Timeline& timeline) {
  std::map<uint64_t, Group> groups;  // by communicator
  for (const Timeline::Track& track : timeline.tracks) {
    Group& group = groups[track.record.communicator];
    group.ranks = track.record.ranks;
    for (const FlightOperation& operation : track.record.operations) {
      // Without elements nobody waits for anybody.
      if (unpack(Fingerprint{operation.low, operation.high}).count == 0) continue;
      group.calls[operation.sequence()].add(track.record.rank, operation.began_ns + track.shift_ns);
    }
  }
  return groups;
}

std::string verdict(const Group& group) {
  std::map<int, std::vector<int64_t>> lags;  // of the calls that a rank entered last
  size_t calls = 0;
  for (const auto& [number, arrivals] : group.calls) {
    if (arrivals.ranks != group.ranks) continue;  // Some record has forgotten it, or is missing.
    ++calls;
    lags[arrivals.last_rank].push_back(arrivals.last_ns - arrivals.first_ns);
  }
  if (calls < kCallsLeast || group.ranks < 2) return {};
  const auto slowest = std::max_element(lags.begin(), lags.end(),
                                        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  std::vector<int64_t>& late = slowest->second;
  const auto middle = late.begin() + static_cast<std::ptrdiff_t>(late.size() / 2);
  std::nth_element(late.begin(), middle, late.end());
  const double share = static_cast<double>(late.size()) / static_cast<double>(calls);
  if (share < kShareLeast || *middle < kMedianLeastNs) return {};
  return fmt::format("SLOW_RANK {}: last into {:.0f} % of {} calls, median {} after the first", slowest->first,
                     100 * share, calls, duration_text(*middle));
}

}  // namespace

std::string slow_ranks(const Timeline& timeline) {
  const auto groups = group_calls(timeline);
  std::string text;
  for (const auto& [communicator, group] : groups) {
    const std::string said = verdict(group);
    if (said.empty()) continue;
    text += groups.size() == 1 ? said + "\n" : fmt::format("{}, on communicator {:016x}\n", said, communicator);
  }
  return text;
}

}  // namespace weft::tools
