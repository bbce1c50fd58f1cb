// A stream of mixed collectives that all ranks of a communicator run alike, drawn from a seed, each with a known
// result.
#pragma once

#include <weft/weft.h>

#include <vector>

#include "base/random.h"

namespace weft::test {

class Stream {
 public:
  Stream(weftComm_t comm, int ranks, int rank, uint64_t seed);

  // The next collective. A success with a wrong result is a failure of the test.
  weftResult_t run_next();

 private:
  weftResult_t call(int collective, size_t count, int root);
  void check(int collective, size_t count, int root) const;
  int64_t sum_at(size_t i) const;

  const weftComm_t comm_;
  const int ranks_, rank_;
  Random random_;
  std::vector<int32_t> in_, out_;
};

}  // namespace weft::test
