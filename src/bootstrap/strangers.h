// Callers that a gate has turned away: how many, and a line for people, at most one a second in the whole process
// however many gates it has. Owned and called by the gate's thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/deadline.h"

namespace weft {

class Strangers {
 public:
  // One that may be a rank of ours: it asks whether we are there, or comes before its communicator has a seat here.
  void count_quietly() { ++total_; }
  // One that is not; `from` whom the kernel says it is.
  void count(std::string from);
  uint64_t total() const { return total_; }

  // Milliseconds until `tell` may say what has not been said; -1: all has been.
  int timeout_ms() const;
  void tell();

  static constexpr int64_t kLineMs = 1000;  // between two lines

 private:
  uint64_t total_ = 0;
  uint64_t untold_ = 0;
  std::string latest_;  // of the untold
};

}  // namespace weft
