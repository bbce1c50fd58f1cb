// What the tests of failures share: a small collective, a clock, and what a survivor must see.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "api/processes.h"
#include "base/deadline.h"
#include "support/text.h"

namespace weft::test {

// How soon is "at once" on a machine that is busy with other tests.
inline constexpr int64_t kAtOnceMs = 1000;

inline int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count();
}

inline int64_t ms_since(int64_t before_us) {
  return (now_us() - before_us) / 1000;
}

inline weftResult_t sum_one(weftComm_t comm) {
  const float in = 1;
  float out = 0;
  return weftAllReduce(&in, &out, 1, weftFloat32, weftSum, comm, nullptr);
}

// A collective that works, with a right result.
inline void expect_sum(weftComm_t comm, int ranks) {
  const float in = 1;
  float out = 0;
  EXPECT_EQ(weftAllReduce(&in, &out, 1, weftFloat32, weftSum, comm, nullptr), weftSuccess) << weftGetLastError(comm);
  EXPECT_EQ(out, static_cast<float>(ranks));
}

inline void expect_destroyed_at_once(weftComm_t comm) {
  const int64_t before_us = now_us();
  EXPECT_EQ(weftCommDestroy(comm), weftSuccess) << weftGetLastError(nullptr);
  EXPECT_LT(ms_since(before_us), kAtOnceMs) << "destroy waits for nobody";
}

}  // namespace weft::test
