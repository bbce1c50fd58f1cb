// Is the verifier any good? Schedules with one mistake each are given to it and to an oracle that runs them on integers
// in random orders. Every mutant that the oracle finds damaging in 1,000 orders must be refused; those that the
// verifier accepts are printed, with what the oracle says of them.
#include <gtest/gtest.h>

#include <map>

#include "collectives/contract.h"
#include "collectives/settings.h"
#include "interleaving.h"
#include "mutants.h"
#include "schedule/form.h"
#include "support/seed.h"

namespace weft::test {
namespace {

#if defined(WEFT_SANITIZE_address_undefined) || defined(WEFT_SANITIZE_thread)
constexpr int kOrders = 100;  // sanitized code is ten times slower, and is here for its own mistakes
#else
constexpr int kOrders = 1000;
#endif
constexpr int kOrdersOfRefused =
    50;  // most damage shows in the first; these only tell how often the verifier is too strict
constexpr size_t kMutantsPerKind = 8;  // of one row, one number of ranks and one kind: spread over ranks and steps

std::vector<Setting> settings_for(const std::vector<Schedule>& schedules, const Contract& contract) {
  const uint32_t chunks = schedules[0].chunks / contract.blocks;
  uint32_t credits = 1;
  for (const Schedule& schedule : schedules) credits = std::max(credits, schedule.credits_needed);
  std::vector<Setting> settings;
  for (const bool in_place : {false, true}) {
    settings.push_back(setting_of(chunks, 1, 1, 1, 0, in_place, credits));
    settings.push_back(setting_of(chunks, 3, 1, 2, 0, in_place, credits));
    settings.push_back(setting_of(chunks, 4, 2, 2, 1, in_place, credits));
  }
  return settings;
}

// The first flaw in any setting.
Verdict judge(const std::vector<Schedule>& schedules, const Contract& contract, const std::vector<Setting>& settings) {
  Verdict verdict;
  for (const Setting& setting : settings) {
    verdict = verify(schedules, contract, setting);
    if (!verdict.ok()) break;
  }
  return verdict;
}

// What goes wrong in one of `orders` random orders, spread over the settings; empty if nothing does.
std::string damage(const std::vector<Schedule>& schedules, const Contract& contract,
                   const std::vector<Setting>& settings, int orders) {
  Random random(seed());
  for (const Setting& setting : settings) {
    Interleaving interleaving(schedules, contract, setting);
    for (int i = 0; i < orders / static_cast<int>(settings.size()) + 1; ++i) {
      std::string wrong = interleaving.run(random);
      if (!wrong.empty()) return wrong;
    }
  }
  return {};
}

bool has_good_form(const std::vector<Schedule>& schedules) {
  for (uint32_t rank = 0; rank < schedules.size(); ++rank) {
    if (!check_form(schedules[rank], rank, static_cast<uint32_t>(schedules.size())).ok()) return false;
  }
  return true;
}

struct Tally {
  int mutants = 0, refused = 0, malformed = 0, damaging = 0;
};

class MutantTest : public ::testing::TestWithParam<size_t> {
 protected:
  void judge_mutant(const Mutant& mutant, const std::string& name, uint64_t expression) {
    Tally& tally = tallies_[mutant.kind];
    ++tally.mutants;
    const std::vector<Setting> settings = settings_for(mutant.schedules, contract_);
    const Verdict verdict = judge(mutant.schedules, contract_, settings);
    if (!verdict.ok()) {
      ++tally.refused;
      const bool malformed = !has_good_form(mutant.schedules);
      tally.malformed += malformed;
      tally.damaging += !malformed && !damage(mutant.schedules, contract_, settings, kOrdersOfRefused).empty();
      return;
    }
    const std::string wrong = damage(mutant.schedules, contract_, settings, kOrders);
    const std::string where = fmt::format("{} rank {} lane {} step {}: {}, {}", name, mutant.rank, mutant.lane,
                                          mutant.step, kMutantKindNames[static_cast<size_t>(mutant.kind)], mutant.what);
    EXPECT_EQ(wrong, "") << "accepted, but damaging: " << where;
    fmt::print("survivor: {}; {} orders give right values, {}\n", where, kOrders,
               verdict.facts.expression == expression ? "and the same bits as without the mistake"
                                                      : "summed in another order, alike wherever the value is held");
  }

  Contract contract_;
  std::map<MutantKind, Tally> tallies_;
};

// A few of each kind, evenly over all.
std::vector<Mutant> some_of(std::vector<Mutant> all) {
  std::vector<Mutant> some;
  for (int kind = 0; kind < kMutantKinds; ++kind) {
    std::vector<size_t> places;
    for (size_t i = 0; i < all.size(); ++i) {
      if (static_cast<int>(all[i].kind) == kind) places.push_back(i);
    }
    const size_t count = std::min(kMutantsPerKind, places.size());
    for (size_t i = 0; i < count; ++i) some.push_back(std::move(all[places[i * places.size() / count]]));
  }
  return some;
}

// mutants of one row of the catalog, for several numbers of ranks
// expect: whatever damages is refused
TEST_P(MutantTest, refuses_damage) {
  const CatalogRow& row = catalog()[GetParam()];
  for (const int ranks : {2, 3, 4, 5}) {
    const std::vector<Schedule> schedules = generate_all(row, ranks, ranks / 2);
    contract_ = contract_of(row.collective, ranks, ranks / 2);
    const std::vector<Setting> settings = settings_for(schedules, contract_);
    const Verdict sound = judge(schedules, contract_, settings);
    ASSERT_EQ(sound.text, "");
    ASSERT_EQ(damage(schedules, contract_, settings, kOrders), "");
    const std::string name = fmt::format("{} {} n {}", name_of(row.collective), row.name, ranks);
    for (const Mutant& mutant : some_of(mutants_of(schedules))) judge_mutant(mutant, name, sound.facts.expression);
  }
  for (const auto& [kind, tally] : tallies_) {
    fmt::print("{} {}: {:<13} {:3} mutants, {:3} refused: {:3} malformed, {:3} seen to do damage\n",
               name_of(row.collective), row.name, kMutantKindNames[static_cast<size_t>(kind)], tally.mutants,
               tally.refused, tally.malformed, tally.damaging);
  }
}

INSTANTIATE_TEST_SUITE_P(Catalog, MutantTest, ::testing::Range(size_t{0}, catalog().size()), [](const auto& parameter) {
  const CatalogRow& row = catalog()[parameter.param];
  return fmt::format("{}_{}", name_of(row.collective), row.name);
});

// all rows together
// expect: at least 400 mutants, at least 20 of each kind
TEST(Mutants, enough_of_each_kind) {
  std::map<MutantKind, int> counts;
  int all = 0;
  for (const CatalogRow& row : catalog()) {
    for (const int ranks : {2, 3, 4, 5}) {
      for (const Mutant& mutant : some_of(mutants_of(generate_all(row, ranks, ranks / 2)))) {
        ++counts[mutant.kind];
        ++all;
      }
    }
  }
  EXPECT_GE(all, 400);
  EXPECT_EQ(counts.size(), static_cast<size_t>(kMutantKinds));
  for (const auto& [kind, count] : counts) EXPECT_GE(count, 20) << kMutantKindNames[static_cast<size_t>(kind)];
}

}  // namespace
}  // namespace weft::test
