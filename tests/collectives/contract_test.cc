#include "collectives/contract.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

// every collective, three ranks, root 1: how many blocks each rank holds before and must hold after
// expect: as the C API says
TEST(Contract, blocks_of_ranks) {
  struct Case {
    Collective collective;
    uint32_t blocks;
    uint32_t before[3], after[3];
  };
  for (const Case& it :
       {Case{Collective::all_reduce, 1, {1, 1, 1}, {1, 1, 1}},
        Case{Collective::reduce_scatter, 3, {3, 3, 3}, {1, 1, 1}},
        Case{Collective::all_gather, 3, {1, 1, 1}, {3, 3, 3}}, Case{Collective::broadcast, 1, {0, 1, 0}, {1, 1, 1}},
        Case{Collective::reduce, 1, {1, 1, 1}, {0, 1, 0}}}) {
    const Contract contract = contract_of(it.collective, 3, 1);
    EXPECT_EQ(contract.blocks, it.blocks) << name_of(it.collective);
    EXPECT_EQ(contract.reduces, is_reduction(it.collective));
    for (size_t rank = 0; rank < 3; ++rank) {
      EXPECT_EQ(contract.before[rank].count, it.before[rank]) << name_of(it.collective) << rank;
      EXPECT_EQ(contract.after[rank].count, it.after[rank]) << name_of(it.collective) << rank;
    }
  }
}

// copies: whose data each block is, and which block is a rank's own
// expect: the rank of the same number; the root
TEST(Contract, owners) {
  EXPECT_EQ(contract_of(Collective::all_gather, 3, 0).owners, (std::vector<uint32_t>{0, 1, 2}));
  EXPECT_EQ(contract_of(Collective::broadcast, 3, 2).owners, (std::vector<uint32_t>{2}));
  EXPECT_TRUE(contract_of(Collective::reduce_scatter, 3, 0).after[2].has(2));
  EXPECT_FALSE(contract_of(Collective::reduce_scatter, 3, 0).after[2].has(1));
}

}  // namespace
}  // namespace weft
