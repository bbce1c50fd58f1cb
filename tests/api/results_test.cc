// Results of the five collectives through the C API, ranks as threads: types x operators x collectives x numbers of
// ranks x counts, in place and not. Every combination of collective, type, operator and placement meets the counts 0, 1
// and 3 and three of the longer ones, in turn; with 16 ranks, one of them.
#include <gtest/gtest.h>

#include "api/team.h"
#include "api/trial.h"
#include "support/seed.h"

namespace weft::test {
namespace {

constexpr size_t kLongCounts[] = {7, 31, 32, 33, 127, 128, 129, 255, 1021, 1024, 1025, 4099, 16381};

void run_trial(Team& team, const Trial& trial) {
  std::vector<TrialRank> ranks;
  std::vector<std::vector<std::byte>> inputs;
  for (int rank = 0; rank < team.ranks(); ++rank) {
    ranks.emplace_back(trial, rank);
    inputs.push_back(ranks.back().input());
  }
  const auto results = team.run([&](int rank) { return ranks[static_cast<size_t>(rank)].call(team.comm(rank)); });
  for (size_t rank = 0; rank < ranks.size(); ++rank) {
    ASSERT_EQ(results[rank], weftSuccess) << trial.text();
    ASSERT_EQ(ranks[rank].wrong(inputs), "") << trial.text() << " seed " << trial.inputs.seed;
    if (trial.collective != Collective::all_reduce) continue;
    ASSERT_EQ(ranks[rank].output(), ranks[0].output()) << "rank " << rank << " has other bits: " << trial.text();
  }
}

// The reference works every element out in long double: what costs most here. So vectors are shorter where ranks
// multiply them.
std::vector<size_t> counts_for(size_t turn, int ranks, Collective collective) {
  const size_t most = collective == Collective::reduce_scatter ? 4099 / static_cast<size_t>(ranks * ranks) : 16381;
  std::vector<size_t> counts = {0, 1, 3};
  for (size_t i = 0; i < (ranks > 8 ? 1u : 3u); ++i) {
    const size_t count = kLongCounts[(turn * 3 + i) % std::size(kLongCounts)];
    if (count <= most) counts.push_back(count);
  }
  return counts;
}

class Results : public ::testing::TestWithParam<std::tuple<int, Collective>> {};

// all types and operators of one collective at one number of ranks; every rank is the root in turn
// expect: integers and copies exact, floats within the bound, the same bits on all ranks, nothing else written
TEST_P(Results, are_right) {
  const auto [ranks, collective] = GetParam();
  Team team(ranks);
  size_t turn = 0;
  for (int type = 0; type < kDataTypeCount; ++type) {
    for (int op = 0; op < (is_reduction(collective) ? kOperatorCount : 1); ++op, ++turn) {
      for (const size_t count : counts_for(turn, ranks, collective)) {
        for (const bool in_place : {false, true}) {
          Trial trial{.collective = collective, .count = count, .in_place = in_place};
          trial.inputs = {.type = static_cast<DataType>(type),
                          .op = static_cast<Operator>(op),
                          .values = turn % 2 == 0 ? Values::exact : Values::finite,
                          .ranks = ranks,
                          .seed = seed() + turn};
          if (trial.has_root()) trial.root = static_cast<int>(turn) % ranks;
          run_trial(team, trial);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

#if defined(WEFT_SANITIZE_thread) || defined(WEFT_SANITIZE_address_undefined)
const auto kRanks = ::testing::Values(1, 2, 3, 4, 8);  // More threads show sanitizers nothing new, and take minutes.
#else
const auto kRanks = ::testing::Values(1, 2, 3, 4, 5, 7, 8, 16);
#endif
INSTANTIATE_TEST_SUITE_P(
    Api, Results,
    ::testing::Combine(kRanks, ::testing::Values(Collective::all_reduce, Collective::reduce_scatter,
                                                 Collective::all_gather, Collective::broadcast, Collective::reduce)),
    [](const auto& each) {
      return std::string(name_of(std::get<1>(each.param))) + "_" + std::to_string(std::get<0>(each.param));
    });

// memory of weftMemAlloc as both buffers
// expect: right, and free gives it back
TEST(Results, on_shared_memory) {
  Team team(2);
  std::vector<void*> memory(2, nullptr);
  for (void*& each : memory) ASSERT_EQ(weftMemAlloc(&each, 1 << 20), weftSuccess) << weftGetLastError(nullptr);
  const auto results = team.run([&](int rank) {
    auto* values = static_cast<int32_t*>(memory[static_cast<size_t>(rank)]);
    for (int i = 0; i < 1000; ++i) values[i] = i + rank;
    return weftAllReduce(values, values, 1000, weftInt32, weftSum, team.comm(rank), nullptr);
  });
  for (size_t rank = 0; rank < 2; ++rank) {
    EXPECT_EQ(results[rank], weftSuccess);
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(static_cast<int32_t*>(memory[rank])[i], 2 * i + 1);
    EXPECT_EQ(weftMemFree(memory[rank]), weftSuccess);
  }
}

}  // namespace
}  // namespace weft::test
