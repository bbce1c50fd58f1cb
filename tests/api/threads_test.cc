// Two threads of one rank in one communicator: not allowed, and said so.
#include <thread>

#include "api/failure.h"

namespace weft::test {
namespace {

constexpr size_t kRefused = 1;  // shared word

// two threads of rank 0 call, and rank 1 calls only after one of them has been refused, so that they do so at once
// expect: exactly one is refused with the reason; the other succeeds, and so do later calls of both ranks
TEST(TwoThreads, in_one_communicator) {
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    expect_sum(comm, 2);
    if (rank == 1) {
      await_word(kRefused, 1);
      expect_sum(comm, 2);
    } else {
      const auto call = [&](weftResult_t* result, std::string* text) {
        *result = sum_one(comm);
        *text = weftGetLastError(comm);  // Of this thread: the communicator has not failed.
        if (*result != weftSuccess) shared_word(kRefused).store(1);
      };
      weftResult_t results[2];
      std::string texts[2];
      std::thread second(call, &results[1], &texts[1]);
      call(&results[0], &texts[0]);
      second.join();
      const int refused = results[0] == weftSuccess ? 1 : 0;
      EXPECT_EQ(results[refused], weftInvalidUsage) << texts[refused];
      EXPECT_EQ(results[1 - refused], weftSuccess) << texts[1 - refused];
      expect_text(texts[refused], {"weftAllReduce", "another thread", "one at a time"});
    }
    weftResult_t async = weftInternalError;
    EXPECT_EQ(weftCommGetAsyncError(comm, &async), weftSuccess);
    EXPECT_EQ(async, weftSuccess);
    for (int i = 0; i < 10; ++i) expect_sum(comm, 2);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
