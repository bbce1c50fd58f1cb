#include "api/team.h"

#include <gtest/gtest.h>

namespace weft::test {

Team::Team(int ranks)
    : comms_(static_cast<size_t>(ranks), nullptr),
      start_(ranks + 1),
      end_(ranks + 1),
      results_(static_cast<size_t>(ranks), weftSuccess) {
  EXPECT_EQ(weftCommInitAll(comms_.data(), ranks, nullptr), weftSuccess) << weftGetLastError(nullptr);
  for (int rank = 0; rank < ranks; ++rank) threads_.emplace_back([this, rank] { serve(rank); });
}

Team::~Team() {
  work_ = nullptr;
  start_.arrive_and_wait();
  for (std::thread& thread : threads_) thread.join();
  for (weftComm_t comm : comms_) EXPECT_EQ(weftCommDestroy(comm), weftSuccess) << weftGetLastError(nullptr);
}

std::vector<weftResult_t> Team::run(const std::function<weftResult_t(int)>& work) {
  work_ = &work;
  start_.arrive_and_wait();
  end_.arrive_and_wait();
  return results_;
}

void Team::serve(int rank) {
  for (;;) {
    start_.arrive_and_wait();
    if (work_ == nullptr) return;
    results_[static_cast<size_t>(rank)] = (*work_)(rank);
    end_.arrive_and_wait();
  }
}

}  // namespace weft::test
