#include "schedule/verify.h"

#include <algorithm>

#include "base/assert.h"
#include "base/random.h"
#include "schedule/abstract_run.h"
#include "schedule/form.h"

namespace weft {
namespace {

Verdict flaw(Flaw kind, std::string text) {
  return {kind, std::move(text), {}};
}

// What must be at a position of every output that has it.
struct Due {
  RankSet ranks;
  uint64_t sum = 0;
};
Due due_at(const Contract& contract, uint32_t ranks, uint32_t block, uint32_t position) {
  if (!contract.reduces) {
    const Value copy = leaf_value(contract.owners[block], position);
    return {copy.ranks, copy.sum};
  }
  Due due = {RankSet::all(ranks), 0};
  for (uint32_t rank = 0; rank < ranks; ++rank) due.sum += leaf_value(rank, position).sum;
  return due;
}

std::string wrong_output(const Value& value, const Due& due, uint32_t position, bool mapped) {
  if (value.position == kNowhere) return "is never written";
  if (value.position != position) return fmt::format("holds element {}", value.position);
  if (value.ranks != due.ranks)
    return fmt::format("holds the data of ranks {}, but {} are due", value.ranks.text(), due.ranks.text());
  if (value.sum != due.sum) return "holds a wrong sum";
  if (value.mapped != mapped) return "was not mapped by the operator's last map";
  return {};
}

// Judges the outputs, position by position, and gathers the facts about the order of sums.
class Judge {
 public:
  Judge(const AbstractRun& run, const Contract& contract, uint32_t ranks, uint32_t block_elements)
      : run_(run),
        contract_(contract),
        ranks_(ranks),
        block_elements_(block_elements),
        canonical_(canonical_sum(ranks)) {}

  Verdict judge() {
    for (uint32_t position = 0; position < block_elements_ * contract_.blocks; ++position) {
      std::string wrong = judge_position(position);
      if (!wrong.empty()) return flaw(Flaw::value, std::move(wrong));
    }
    return {Flaw::none, {}, facts_};
  }

 private:
  std::string judge_position(uint32_t position) {
    const uint32_t block = position / block_elements_;
    const Due due = due_at(contract_, ranks_, block, position);
    const Value* first = nullptr;
    uint32_t first_rank = 0;
    for (uint32_t rank = 0; rank < ranks_; ++rank) {
      if (!contract_.after[rank].has(block)) continue;
      const Value& value = run_.output(rank, position);
      const std::string wrong = wrong_output(value, due, position, contract_.reduces);
      if (!wrong.empty())
        return fmt::format("rank {} output element {} of block {}: {}", rank, position % block_elements_, block, wrong);
      if (first != nullptr && value.expression != first->expression) {
        return fmt::format("ranks {} and {} summed element {} of block {} in different orders", first_rank, rank,
                           position % block_elements_, block);
      }
      if (first == nullptr) {
        first = &value;
        first_rank = rank;
      }
    }
    if (first != nullptr) note(*first);
    return {};
  }

  void note(const Value& value) {
    facts_.expression = mix64(facts_.expression ^ value.expression);
    if (!contract_.reduces) return;
    if (seen_ == 0) seen_ = value.expression;
    facts_.same_at_all_positions &= value.expression == seen_;
    facts_.canonical &= value.plain == canonical_.plain;
    facts_.canonical_rounded &= value.expression == canonical_.rounded;
    facts_.keeps_rank_order &= value.first == 0 && value.end == ranks_;
  }

  const AbstractRun& run_;
  const Contract& contract_;
  uint32_t ranks_, block_elements_;
  CanonicalSum canonical_;
  uint64_t seen_ = 0;
  Facts facts_;
};

Verdict check_forms(std::span<const Schedule> schedules, const Contract& contract) {
  for (uint32_t rank = 0; rank < schedules.size(); ++rank) {
    const Status form = check_form(schedules[rank], rank, static_cast<uint32_t>(schedules.size()));
    if (!form.ok()) return flaw(Flaw::form, fmt::format("rank {} {}", rank, form.text()));
    if (schedules[rank].chunks != schedules[0].chunks || schedules[rank].chunks % contract.blocks != 0) {
      return flaw(Flaw::form, fmt::format("rank {} has {} chunks, rank 0 has {}, and the data has {} blocks", rank,
                                          schedules[rank].chunks, schedules[0].chunks, contract.blocks));
    }
  }
  return {};
}

void check_setting(const Setting& setting, const Contract& contract, size_t ranks) {
  WEFT_ASSERT(ranks >= 1 && ranks <= kVerifyRanksMax);
  WEFT_ASSERT(contract.before.size() == ranks && contract.after.size() == ranks);
  WEFT_ASSERT(contract.reduces || contract.owners.size() == contract.blocks);
  WEFT_ASSERT(setting.credits >= 1 && setting.block_bytes % kElementBytes == 0);
  WEFT_ASSERT(setting.pass_bytes > 0 && setting.pass_bytes % kElementBytes == 0);
  WEFT_ASSERT(setting.slot_bytes > 0 && setting.slot_bytes % kElementBytes == 0);
}

}  // namespace

Verdict verify(std::span<const Schedule> schedules, const Contract& contract, const Setting& setting) {
  check_setting(setting, contract, schedules.size());
  Verdict form = check_forms(schedules, contract);
  if (!form.ok()) return form;
  const Layout layout(setting.block_bytes, contract.blocks, schedules[0].chunks, setting.pass_bytes);
  AbstractRun run(schedules, contract, setting, layout);
  run.run();
  if (run.flaw() != Flaw::none) return flaw(run.flaw(), run.text());

  const auto ranks = static_cast<uint32_t>(schedules.size());
  Verdict verdict = Judge(run, contract, ranks, static_cast<uint32_t>(setting.block_bytes / kElementBytes)).judge();
  if (!verdict.ok()) return verdict;
  for (uint32_t rank = 0; rank < ranks; ++rank) {
    uint32_t moves = 0;
    for (const Lane& lane : schedules[rank].lanes) moves += count_moves(schedules[rank], lane);
    verdict.facts.moves = std::max(verdict.facts.moves, moves);
    verdict.facts.steps = std::max(verdict.facts.steps, static_cast<uint32_t>(schedules[rank].steps.size()));
    verdict.facts.sent_bytes = std::max(verdict.facts.sent_bytes, run.sent_bytes(rank));
  }
  return verdict;
}

uint32_t least_credits(std::span<const Schedule> schedules, const Contract& contract, Setting setting, uint32_t most) {
  for (setting.credits = 1; setting.credits <= most; ++setting.credits) {
    if (verify(schedules, contract, setting).flaw != Flaw::stall) break;
  }
  return setting.credits;
}

}  // namespace weft
