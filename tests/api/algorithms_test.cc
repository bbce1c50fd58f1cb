// Every algorithm by its name in WEFT_ALGO, ranks as processes that find each other by a unique id.
#include <cstdlib>

#include "api/processes.h"
#include "api/trial.h"
#include "collectives/catalog.h"
#include "support/seed.h"

namespace weft::test {
namespace {

void run_all_collectives(weftComm_t comm, int ranks, int rank) {
  for (int collective = 0; collective < kCollectiveCount; ++collective) {
    for (const size_t count : {size_t{3}, size_t{1031}, size_t{100'003}}) {
      Trial trial{.collective = static_cast<Collective>(collective), .count = count, .in_place = count == 1031};
      trial.inputs = {
          .type = DataType::int32, .op = Operator::sum, .values = Values::exact, .ranks = ranks, .seed = seed()};
      if (trial.has_root()) trial.root = ranks - 1;
      TrialRank mine(trial, rank);
      std::vector<std::vector<std::byte>> inputs;
      for (int other = 0; other < ranks; ++other) inputs.push_back(TrialRank(trial, other).input());
      ASSERT_EQ(mine.call(comm), weftSuccess) << weftGetLastError(comm);
      ASSERT_EQ(mine.wrong(inputs), "") << trial.text();
    }
  }
}

// one name forced, 2 to 5 processes, all collectives (those without that algorithm choose freely)
// expect: right results
TEST(Algorithms, by_name) {
  for (const char* name : {"one_shot", "two_shot", "doubling", "ring", "direct", "chain"}) {
    for (const int ranks : {2, 3, 5}) {
      SharedId id;
      run_processes(ranks, [&](int rank) {
        setenv("WEFT_ALGO", name, 1);
        weftComm_t comm = id.join(ranks, rank);
        ASSERT_NE(comm, nullptr);
        run_all_collectives(comm, ranks, rank);
        EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
      });
      if (HasFailure()) FAIL() << name << " with " << ranks << " ranks";
    }
  }
}

// slots of other sizes than the default, algorithms chosen freely
// expect: right results
TEST(Algorithms, with_slots_of_any_size) {
  for (const char* bytes : {"1024", "4160", "1048576"}) {
    SharedId id;
    run_processes(3, [&](int rank) {
      setenv("WEFT_SLOT_BYTES", bytes, 1);
      weftComm_t comm = id.join(3, rank);
      ASSERT_NE(comm, nullptr);
      run_all_collectives(comm, 3, rank);
      EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    });
    if (HasFailure()) FAIL() << bytes;
  }
}

}  // namespace
}  // namespace weft::test
