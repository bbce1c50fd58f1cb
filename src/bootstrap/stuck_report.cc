#include "bootstrap/stuck_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace weft {
namespace {

std::string seconds(uint32_t ms) {
  return ms < 1000 ? fmt::format("{} ms", ms) : fmt::format("{:.1f} s", ms / 1000.0);
}

std::vector<int> ranks_of(const Diagnosis& diagnosis) {
  std::vector<int> ranks;
  for (const Diagnosis::Culprit& each : diagnosis.culprits) ranks.push_back(each.rank);
  return ranks;
}

// "rank 3 (node-a pid 4711)", "ranks 3-5"
std::string name_all(const Diagnosis& diagnosis, const Roster& roster) {
  const std::vector<int> ranks = ranks_of(diagnosis);
  if (ranks.size() == 1) return describe(roster[static_cast<size_t>(ranks.front())]);
  return fmt::format("ranks {}{}", rank_ranges(ranks),
                     ranks.size() == Diagnosis::kCulpritsMax ? " and perhaps more" : "");
}

std::string cycle(const Diagnosis& diagnosis, const CommunicatorKey& key, const Roster& roster) {
  const auto found = std::find_if(diagnosis.culprits.begin(), diagnosis.culprits.end(),
                                  [](const auto& each) { return each.elsewhere_number != 0; });
  if (found == diagnosis.culprits.end()) return name_all(diagnosis, roster) + " waits on another communicator";
  return fmt::format(
      "{} waits in #{} of {}, for a rank that waits here, in #{} of {}: all ranks must use communicators in the same "
      "order",
      describe(roster[static_cast<size_t>(found->rank)]), found->elsewhere_number, describe(found->elsewhere),
      diagnosis.number, describe(key));
}

}  // namespace

std::string_view verdict_name(Cause cause) {
  switch (cause) {
    case Cause::none:
      return "";
    case Cause::not_joined:
      return "NOT_JOINED";
    case Cause::order_cycle:
      return "ORDER_CYCLE";
    case Cause::stopped:
      return "STOPPED";
    case Cause::slow_rank:
      return "SLOW_RANK";
    case Cause::corrupt:
      return "CORRUPT";
  }
  return "";
}

std::string describe(const CommunicatorKey& key) {
  return fmt::format("communicator {:016x}", key.communicator);
}

std::string describe(const Diagnosis& diagnosis, const CommunicatorKey& key, const Roster& roster) {
  if (diagnosis.culprits.empty()) return {};
  const bool many = diagnosis.culprits.size() > 1;
  const auto named = [&](std::string_view text) {
    return fmt::format("{} {} ({})", name_all(diagnosis, roster), text, verdict_name(diagnosis.cause));
  };
  switch (diagnosis.cause) {
    case Cause::not_joined:
      return named(many ? "have not entered it" : "has not entered it");
    case Cause::order_cycle:
      return fmt::format("{} (ORDER_CYCLE)", cycle(diagnosis, key, roster));
    case Cause::stopped:
      return named(many ? "do not answer, or have not entered it" : "does not answer: stopped or cut off");
    case Cause::slow_rank:
      return named(fmt::format("entered it {} after the first", seconds(diagnosis.lag_ms)));
    default:
      return {};
  }
}

std::string StuckReport::text(const Diagnosis& diagnosis) const {
  uint32_t longest_ms = 0;
  const CallWords call = waited_in(diagnosis.number, longest_ms);
  const std::string cause = describe(diagnosis, key, roster);
  std::string text = fmt::format("STUCK {} on {} ({} ranks) for {}", source.describe(call),
                                 source.name.empty() ? describe(key) : fmt::format("communicator \"{}\"", source.name),
                                 roster.size(), seconds(longest_ms));
  text +=
      fmt::format("\n  cause    {}", cause.empty() ? "all ranks have entered it, alive; data is late or slow" : cause);
  for (const Diagnosis::Culprit& each : diagnosis.culprits) text += culprit(each);
  const std::vector<int> entered = gathering.entered(diagnosis.number);
  text += fmt::format("\n  entered  {}, all identical: {}", rank_ranges(entered), source.describe(call));
  return text + "\n  action   waiting. WEFT_TIMEOUT=60 turns this into weftTimeout on all ranks.";
}

// The call, as any of those tells that wait in it; and how long the first of them does.
CallWords StuckReport::waited_in(uint32_t number, uint32_t& longest_ms) const {
  CallWords call;
  for (size_t rank = 0; rank < roster.size(); ++rank) {
    const RankPlace& place = gathering.place(static_cast<int>(rank));
    if (!place.inside || place.latest.number() != number || place.since_ms < longest_ms) continue;
    longest_ms = place.since_ms;
    call = place.latest;
  }
  return call;
}

std::string StuckReport::culprit(const Diagnosis::Culprit& culprit) const {
  const Member& member = roster[static_cast<size_t>(culprit.rank)];
  const RankPlace& place = gathering.place(culprit.rank);
  std::string text =
      fmt::format("\n  {:<8} {} pid {}, ", fmt::format("rank {}", culprit.rank), member.host, member.pid);
  if (gathering.awaits(culprit.rank))
    return text + fmt::format("silent: last heard of {} ago", seconds(heard_ms(culprit.rank)));
  text += fmt::format("alive (heard of {} ago), ", seconds(heard_ms(culprit.rank)));
  if (place.inside) {
    text += fmt::format("inside {} for {}", source.describe(place.latest), seconds(place.since_ms));
  } else if (place.elsewhere_call.number() != 0) {
    text += fmt::format("inside {} of {}", source.describe(place.elsewhere_call), describe(place.elsewhere));
  } else {
    text += "not inside weft";
  }
  if (place.inside) return text;
  if (place.latest.number() == 0) return text + "; has called nothing on this communicator yet";
  return text + fmt::format("; last finished {}, {} ago", source.describe(place.latest), seconds(place.finished_ms));
}

}  // namespace weft
