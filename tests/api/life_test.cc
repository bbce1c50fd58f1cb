// Communicators made and ended, many times.
#include <thread>

#include "api/failure.h"
#include "support/leaks.h"

namespace weft::test {
namespace {

// 50 communicators made and destroyed, one after the other, then 20 at once
// expect: nothing is left
TEST(Life, leaves_nothing_behind) {
  run_processes(1, [&](int) {
    const auto round = [](size_t communicators) {
      std::vector<weftComm_t> comms(2 * communicators);
      for (size_t i = 0; i < communicators; ++i) ASSERT_EQ(weftCommInitAll(&comms[2 * i], 2, nullptr), weftSuccess);
      std::thread peer([&] { sum_one(comms[1]); });
      expect_sum(comms[0], 2);
      peer.join();
      for (weftComm_t comm : comms) ASSERT_EQ(weftCommDestroy(comm), weftSuccess);
    };
    round(1);
    const Holdings before = Holdings::now();
    for (int i = 0; i < 50; ++i) round(1);
    round(20);
    EXPECT_EQ(Holdings::left_since(before), "");
  });
}

}  // namespace
}  // namespace weft::test
