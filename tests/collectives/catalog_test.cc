// Every row of the catalog is proved by the verifier for every number of ranks from 1 to 128. A new row is covered by
// itself.
#include "collectives/catalog.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/random.h"
#include "collectives/settings.h"
#include "schedule/value.h"
#include "support/seed.h"

namespace weft::test {
namespace {

// Up to here with every root and with all settings; above with three roots, one setting, separate and in place. The
// large numbers are there for loops, wrapping and widths of fields; how slots and passes meet does not depend on them.
constexpr int kSmallRanks = 16;
#if defined(WEFT_SANITIZE_address_undefined) || defined(WEFT_SANITIZE_thread)
constexpr int kMostRanks = 40;  // sanitized code is ten times slower, and 40 ranks reach every line
#else
constexpr int kMostRanks = 128;
#endif

std::vector<int> roots_of(const CatalogRow& row, int ranks) {
  if (!is_rooted(row.collective)) return {0};
  std::vector<int> roots(static_cast<size_t>(ranks));
  std::iota(roots.begin(), roots.end(), 0);
  if (ranks > kSmallRanks) roots = {0, ranks / 2, ranks - 1};
  return roots;
}

// The chunks of a block; all schedules of one collective agree on it.
uint32_t block_chunks(const std::vector<Schedule>& schedules, const Contract& contract) {
  return schedules[0].chunks / contract.blocks;
}

std::vector<Setting> settings_for(const std::vector<Schedule>& schedules, const Contract& contract) {
  const uint32_t chunks = block_chunks(schedules, contract), credits = schedules[0].credits_needed;
  if (schedules.size() <= kSmallRanks) return all_settings(chunks, credits);
  return {setting_of(chunks, 2, 1, 2, 0, false, credits), setting_of(chunks, 2, 1, 2, 1, true, credits)};
}

// What the row promises about sums, held against what the verifier saw.
std::string broken_promise(const CatalogRow& row, const Facts& facts) {
  if (row.order >= SumOrder::position && !facts.same_at_all_positions)
    return "sums of different elements in different orders";
  if (row.order >= SumOrder::placement && !facts.canonical) return "sums that are not the balanced tree";
  if (row.keeps_rank_order && !facts.keeps_rank_order) return "sums with ranks out of order";
  return {};
}

std::string judge(const CatalogRow& row, const std::vector<Schedule>& schedules, const Contract& contract) {
  for (const Setting& setting : settings_for(schedules, contract)) {
    const Verdict verdict = verify(schedules, contract, setting);
    const std::string wrong = verdict.ok() ? broken_promise(row, verdict.facts) : verdict.text;
    if (wrong.empty()) continue;
    return fmt::format("{} (block of {}, passes of {}, slots of {} bytes, {})", wrong, setting.block_bytes,
                       setting.pass_bytes, setting.slot_bytes, setting.in_place ? "in place" : "separate");
  }
  return {};
}

// Parts of the range of ranks, so that ctest can run them side by side.
struct Part {
  size_t row;
  int first, last;
};
std::vector<Part> parts() {
  std::vector<Part> all;
  for (size_t row = 0; row < catalog().size(); ++row) {
    for (const auto& [first, last] : {std::pair{1, 16}, {17, 64}, {65, 100}, {101, 128}}) {
      if (first <= kMostRanks) all.push_back({row, first, std::min(last, kMostRanks)});
    }
  }
  return all;
}
std::string name_of_part(const ::testing::TestParamInfo<Part>& part) {
  const CatalogRow& row = catalog()[part.param.row];
  return fmt::format("{}_{}_{}_to_{}", name_of(row.collective), row.name, part.param.first, part.param.last);
}

class CatalogProof : public ::testing::TestWithParam<Part> {};

// a row, some numbers of ranks, roots
// expect: the verifier accepts, and the row's promises about the order of sums hold
TEST_P(CatalogProof, holds) {
  const CatalogRow& row = catalog()[GetParam().row];
  for (int ranks = GetParam().first; ranks <= GetParam().last; ++ranks) {
    ASSERT_LE(ranks, row.most_ranks);
    for (const int root : roots_of(row, ranks)) {
      ASSERT_EQ(judge(row, generate_all(row, ranks, root), contract_of(row.collective, ranks, root)), "")
          << ranks << " ranks, root " << root;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(All, CatalogProof, ::testing::ValuesIn(parts()), name_of_part);

// every row, ranks in an order of the machine's, not their own
// expect: the verifier accepts
TEST(Catalog, any_order_of_ranks) {
  Random random(seed());
  for (const CatalogRow& row : catalog()) {
    for (const int ranks : {2, 3, 5, 8}) {
      std::vector<int> order(static_cast<size_t>(ranks));
      std::iota(order.begin(), order.end(), 0);
      for (size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
      const int root = ranks / 2;
      EXPECT_EQ(judge(row, generate_all(row, ranks, root, order), contract_of(row.collective, ranks, root)), "")
          << row.name;
    }
  }
}

// every row, the credits that it says it needs
// expect: one less stalls for some number of ranks
TEST(Catalog, credits_are_not_overstated) {
  for (const CatalogRow& row : catalog()) {
    uint32_t stated = 0, needed = 0;
    for (int ranks = 2; ranks <= 6; ++ranks) {
      const std::vector<Schedule> schedules = generate_all(row, ranks);
      const Contract contract = contract_of(row.collective, ranks, 0);
      for (const Schedule& schedule : schedules) stated = std::max(stated, schedule.credits_needed);
      for (const Setting& setting : all_settings(block_chunks(schedules, contract), 1)) {
        needed = std::max(needed, least_credits(schedules, contract, setting, stated));
      }
    }
    EXPECT_EQ(needed, stated) << name_of(row.collective) << " " << row.name;
  }
}

// rows that promise less than the best about sums
// expect: for some number of ranks it is not kept, so the row does not understate
TEST(Catalog, promises_are_not_understated) {
  for (const CatalogRow& row : catalog()) {
    bool same = true, canonical = true, in_order = true;
    for (int ranks = 2; ranks <= 6; ++ranks) {
      for (const int root : roots_of(row, ranks)) {
        const std::vector<Schedule> schedules = generate_all(row, ranks, root);
        const Contract contract = contract_of(row.collective, ranks, root);
        const Setting setting =
            setting_of(block_chunks(schedules, contract), 1, 1, 1, 0, false, schedules[0].credits_needed);
        const Facts facts = verify(schedules, contract, setting).facts;
        same = same && facts.same_at_all_positions;
        canonical = canonical && facts.canonical;
        in_order = in_order && facts.keeps_rank_order;
      }
    }
    EXPECT_EQ(same, row.order >= SumOrder::position) << name_of(row.collective) << " " << row.name;
    EXPECT_EQ(canonical, row.order == SumOrder::placement) << name_of(row.collective) << " " << row.name;
    EXPECT_EQ(in_order, row.keeps_rank_order) << name_of(row.collective) << " " << row.name;
  }
}

// doubling among a power of two of ranks
// expect: the balanced tree, rounded at every node
TEST(Catalog, doubling_is_canonical_for_powers_of_two) {
  const CatalogRow& row = *find_algorithm(Collective::all_reduce, "doubling");
  for (const int ranks : {2, 4, 8, 16}) {
    const std::vector<Schedule> schedules = generate_all(row, ranks);
    const Facts facts =
        verify(schedules, contract_of(row.collective, ranks, 0), setting_of(1, 1, 1, 1, 0, false, 1)).facts;
    EXPECT_TRUE(facts.canonical && facts.canonical_rounded) << ranks;
  }
}

// what the busiest rank sends of a vector of n chunks, in chunks
// expect: the volumes of the literature
TEST(Catalog, volumes) {
  struct Case {
    Collective collective;
    std::string_view name;
    uint64_t sent;
  };
  constexpr uint64_t n = 8;
  using enum Collective;
  constexpr std::array cases = {
      Case{all_reduce, "ring", 2 * (n - 1)},
      Case{all_reduce, "two_shot", 2 * (n - 1)},
      Case{all_reduce, "one_shot", n * (n - 1)},
      Case{all_reduce, "doubling", n * 3},
      Case{reduce_scatter, "ring", n - 1},
      Case{reduce_scatter, "direct", n - 1},
      Case{all_gather, "ring", n - 1},
      Case{all_gather, "direct", n - 1},
      Case{broadcast, "chain", n},
      Case{broadcast, "direct", n * (n - 1)},
      Case{reduce, "chain", n},
      Case{reduce, "direct", n},
  };
  for (const Case& it : cases) {
    const std::vector<Schedule> schedules = generate_all(*find_algorithm(it.collective, it.name), n);
    const Contract contract = contract_of(it.collective, n, 0);
    const auto per_chunk = static_cast<uint32_t>(n / schedules[0].chunks);
    const Setting setting = setting_of(block_chunks(schedules, contract), per_chunk, per_chunk, 1, 0, false, 4);
    EXPECT_EQ(verify(schedules, contract, setting).facts.sent_bytes, it.sent * kElementBytes) << it.name;
  }
}

// rows
// expect: found by collective and name, one of each
TEST(Catalog, names_are_unique) {
  for (const CatalogRow& row : catalog()) EXPECT_EQ(find_algorithm(row.collective, row.name), &row);
  EXPECT_EQ(find_algorithm(Collective::broadcast, "ring"), nullptr);
}

// direct rows at their most ranks
// expect: the fields of a step are wide enough
TEST(Catalog, most_ranks_fit) {
  for (const CatalogRow& row : catalog()) {
    if (row.most_ranks > static_cast<int>(kVerifyRanksMax)) continue;
    const Schedule schedule = row.generate({.ranks = row.most_ranks, .rank = row.most_ranks - 1});
    EXPECT_FALSE(schedule.steps.empty()) << row.name;
  }
}

}  // namespace
}  // namespace weft::test
