// What a communicator tells the others of its calls: read from the flight recorder, on any thread.
#include <algorithm>

#include "comm/communicator.h"
#include "comm/mismatch.h"

namespace weft {
namespace {

CallSignature signature_of(const CallWords& words) {
  return unpack({words.low, words.high});
}

uint32_t milliseconds(uint64_t ns) {
  return static_cast<uint32_t>(std::min<uint64_t>(ns / 1'000'000, UINT32_MAX));
}

}  // namespace

CallSource Communicator::call_source() const {
  return {.name = settings_.name,
          .calls = [this](uint32_t around) { return calls_around(around); },
          .place = [this] { return place(); },
          .describe = [](const CallWords& words) { return describe(signature_of(words)); },
          .describe_disagreement =
              [](const Disagreement& found) {
                return weft::describe_disagreement(signature_of(found.ones), found.one, signature_of(found.others),
                                                   found.other);
              }};
}

std::vector<CallWords> Communicator::calls_around(uint32_t number) const {
  const uint32_t latest = number == 0 ? operations() : std::min(operations(), number + CallComparison::kCallsBehind);
  std::vector<CallWords> calls;
  for (const auto& [low, high] : recorder_->recent(latest, CallComparison::kCallsMax)) calls.push_back({low, high});
  return calls;
}

RankPlace Communicator::place() const {
  RankPlace place{.thread = caller_.load(std::memory_order_relaxed)};
  const auto found = recorder_->stand(operations());
  if (!found) return place;
  place.latest = {found->low, found->high};
  place.inside = found->under_way;
  place.since_ms = milliseconds(found->since_ns);
  place.finished_ms = milliseconds(found->finished_ns);
  return place;
}

}  // namespace weft
