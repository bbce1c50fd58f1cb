// A file of schedules, one for each rank: what is parsed comes back from its print, and the verifier either refuses it
// or runs it to a verdict, for every collective. A verdict is the same each time, and good schedules stay good with
// more credits.
#include "base/assert.h"
#include "collectives/contract.h"
#include "input.h"
#include "schedule/form.h"
#include "schedule/text.h"
#include "schedule/verify.h"

namespace weft {
namespace {

// The verifier's time and memory grow with what a few digits can say: trips of loops, chunks, sets.
constexpr size_t kRanksMax = 6, kLanesMax = 6;
constexpr uint64_t kChunksMax = 24, kSetMax = 32, kMovesMax = 64;
constexpr uint32_t kCreditsMax = 4;

bool is_small(const Schedule& schedule) {
  uint64_t trips_and_sets = 0;
  for (const Step& step : schedule.steps) {
    if (step.op == Op::move && step.count > kSetMax) return false;
    trips_and_sets += step.op == Op::loop ? uint64_t{step.wait_step} * step.count : 1;
  }
  return trips_and_sets <= kMovesMax && schedule.chunks <= kChunksMax && schedule.scratch_chunks <= kChunksMax &&
         schedule.lanes.size() <= kLanesMax && schedule.ports.size() <= 8 * kLanesMax;
}

void check_text(const std::vector<Schedule>& schedules) {
  const std::string text = print_schedules(schedules);
  const auto again = parse_schedules(text);
  WEFT_ASSERT(again.has_value() && *again == schedules);
  WEFT_ASSERT(print_schedules(*again) == text);
  for (const Schedule& schedule : schedules) {
    const auto one = parse_schedule(print_schedule(schedule));
    WEFT_ASSERT(one.has_value() && *one == schedule);
  }
}

// Without bounds on sizes: the rules of form must be decided for every schedule that can be written down.
bool check_forms(const std::vector<Schedule>& schedules) {
  bool good = true;
  for (size_t rank = 0; rank < schedules.size(); ++rank) {
    const Status form =
        check_form(schedules[rank], static_cast<uint32_t>(rank), static_cast<uint32_t>(schedules.size()));
    WEFT_ASSERT(form.ok() == form.text().empty());
    good = good && form.ok();
  }
  return good;
}

void check_verdict(const std::vector<Schedule>& schedules, const Contract& contract, Setting setting, bool good_form) {
  const Verdict verdict = verify(schedules, contract, setting);
  WEFT_ASSERT(verdict.ok() == verdict.text.empty() && (good_form || verdict.flaw == Flaw::form));
  if (verdict.flaw == Flaw::form) return;
  if (verdict.ok()) WEFT_ASSERT(least_credits(schedules, contract, setting, setting.credits) <= setting.credits);
  ++setting.credits;
  const Verdict wider = verify(schedules, contract, setting);
  if (verdict.ok()) WEFT_ASSERT(wider.ok() && wider.facts.expression == verdict.facts.expression);
  if (wider.flaw == Flaw::stall) WEFT_ASSERT(!verdict.ok());
}

void check_collective(const std::vector<Schedule>& schedules, Collective collective, int root, bool good_form) {
  const Contract contract = contract_of(collective, static_cast<int>(schedules.size()), root);
  const uint32_t chunks_per_block = std::max(schedules[0].chunks / contract.blocks, 1u);
  Setting setting;
  setting.block_bytes = kElementBytes * (2 * chunks_per_block + 1);
  setting.pass_bytes = 2 * kElementBytes;  // Two passes, the last one of which is short.
  setting.credits = std::min(schedules[0].credits_needed, kCreditsMax);
  for (const bool in_place : {false, true}) {
    setting.in_place = in_place;
    setting.slot_bytes = in_place ? 3 * kElementBytes : kElementBytes;
    check_verdict(schedules, contract, setting, good_form);
  }
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  const auto schedules = parse_schedules(fuzz::Input(data, size).text());
  if (!schedules) {
    WEFT_ASSERT(schedules.error().text().starts_with("line "));
    return 0;
  }
  check_text(*schedules);
  const int ranks = static_cast<int>(schedules->size());
  const bool good_form = check_forms(*schedules);
  if (ranks == 0 || schedules->size() > kRanksMax) return 0;
  if (!std::all_of(schedules->begin(), schedules->end(), is_small)) return 0;
  if (schedules->front().credits_needed == 0) return 0;  // No form; and no setting has so few credits.
  for (int i = 0; i < kCollectiveCount; ++i) {
    const auto collective = static_cast<Collective>(i);
    const int roots = good_form && is_rooted(collective) ? ranks : 1;
    for (int root = 0; root < roots; ++root) check_collective(*schedules, collective, root, good_form);
  }
  return 0;
}
