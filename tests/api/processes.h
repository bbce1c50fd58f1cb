// Ranks as forked processes that find each other by a unique id in memory that they share.
#pragma once

#include <gtest/gtest.h>
#include <weft/weft.h>

#include "support/ranks.h"
#include "support/shared.h"

namespace weft::test {

// Made before the fork. One communicator a launch: it uses shared word 0.
class SharedId {
 public:
  // Rank 0 draws the id, all ranks join.
  weftResult_t join(weftComm_t* comm, int ranks, int rank) {
    if (rank == 0) {
      EXPECT_EQ(weftGetUniqueId(&*id_), weftSuccess) << weftGetLastError(nullptr);
      shared_word(0).store(1);
    }
    await_word(0, 1);
    return weftCommInitRank(comm, ranks, *id_, rank);
  }
  weftComm_t join(int ranks, int rank) {
    weftComm_t comm = nullptr;
    EXPECT_EQ(join(&comm, ranks, rank), weftSuccess) << weftGetLastError(nullptr);
    return comm;
  }

 private:
  Shared<weftUniqueId> id_;
};

}  // namespace weft::test
