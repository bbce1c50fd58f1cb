#include "collectives/cost.h"

#include <gtest/gtest.h>

#include "collectives/settings.h"

namespace weft::test {
namespace {

// A machine whose parts can be read off the result.
constexpr Machine kSimple = {.ranks_per_host = 1024,
                             .processors = 1024,
                             .local = {.hop_ns = 1000, .slot_overhead_ns = 0, .bytes_per_ns = 0},
                             .remote = {.hop_ns = 50000, .slot_overhead_ns = 0, .bytes_per_ns = 1},
                             .copy_bytes_per_ns = 1,
                             .reduce_bytes_per_ns = 1,
                             .switch_ns = 7000,
                             .slot_bytes = 1024,
                             .slots = 4,
                             .pass_bytes = 1024};

double cost(Collective collective, std::string_view name, int ranks, uint64_t bytes, const Machine& machine = kSimple) {
  const uint32_t blocks = contract_of(collective, ranks, 0).blocks;
  return cost_ns(generate_all(*find_algorithm(collective, name), ranks), bytes, blocks, machine);
}

// a chain of four, one slot
// expect: three hops and four copies; the inner ranks copy twice, to their output and to the next
TEST(Cost, chain_is_a_sum_of_hops) {
  EXPECT_DOUBLE_EQ(cost(Collective::broadcast, "chain", 4, 100), 3 * 1000 + 200 + 200 + 200 + 100);
}

// one exchange between two ranks
// expect: copy out, hop, fold of two sources
TEST(Cost, one_shot) {
  EXPECT_DOUBLE_EQ(cost(Collective::all_reduce, "one_shot", 2, 100), 100 + 1000 + 100 + 100);
}

// rounds of hops where bytes are few
// expect: doubling log2 n, ring 2 (n - 1), two_shot 2
TEST(Cost, rounds) {
  Machine machine = kSimple;
  machine.copy_bytes_per_ns = machine.reduce_bytes_per_ns = 1e9;
  const auto hops = [&](std::string_view name, int ranks) {
    return cost(Collective::all_reduce, name, ranks, 256, machine) / machine.local.hop_ns;
  };
  EXPECT_NEAR(hops("doubling", 16), 4, 1e-3);
  EXPECT_NEAR(hops("ring", 16), 30, 1e-3);
  EXPECT_NEAR(hops("two_shot", 16), 2, 1e-3);
  EXPECT_NEAR(hops("one_shot", 16), 1, 1e-3);
}

// long vectors
// expect: extrapolated in proportion: twice the bytes cost twice the time, within 2 %
TEST(Cost, grows_with_length) {
  for (const auto* name : {"ring", "two_shot", "one_shot", "doubling"}) {
    const double one = cost(Collective::all_reduce, name, 4, 1 << 20),
                 two = cost(Collective::all_reduce, name, 4, 2 << 20);
    EXPECT_NEAR(two / one, 2, 0.04) << name;
  }
}

// more ranks than processors
// expect: work takes turns, and every hand-off waits for a turn
TEST(Cost, crowded) {
  Machine machine = kSimple;
  machine.processors = 2;
  EXPECT_DOUBLE_EQ(cost(Collective::all_reduce, "one_shot", 4, 0, machine), 0) << "nothing to move costs nothing";
  const double free_ns = cost(Collective::broadcast, "direct", 4, 100),
               crowded_ns = cost(Collective::broadcast, "direct", 4, 100, machine);
  EXPECT_DOUBLE_EQ(crowded_ns, 2 * (free_ns - 1000) + 1000 + 2 * 7000);
}

// ranks on two hosts
// expect: the slower link counts where the data crosses it, and a wire has a rate
TEST(Cost, two_hosts) {
  Machine machine = kSimple;
  machine.ranks_per_host = 2;
  EXPECT_DOUBLE_EQ(cost(Collective::broadcast, "chain", 4, 100, machine),
                   2 * 1000 + 50000 + 100 + 200 + 200 + 200 + 100);
}

}  // namespace
}  // namespace weft::test
