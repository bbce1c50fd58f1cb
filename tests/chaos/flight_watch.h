// The flight recorders of the ranks of a job, in the hands of another process: what a rank was in when it died stands
// in memory that does not die with it.
#pragma once

#include <sys/types.h>

#include <array>
#include <string>

#include "base/fd.h"
#include "chaos/account.h"

namespace weft::test {

// Where the ranks of a job hand in their recorders: named by the process that strikes.
inline std::string inbox_name(pid_t striker) {
  return "chaos-" + std::to_string(striker);
}

// Owned by the one that strikes. The ranks hand in the recorders with their first communicator; when all are here the
// inbox is closed, so that no later one waits for a reader.
class FlightWatch {
 public:
  explicit FlightWatch(const std::string& inbox);
  // The ranks have joined, so their recorders are on their way.
  void collect(int ranks);
  // Whether the rank, which is dead, began a collective that it did not end.
  bool died_inside(int rank) const;

 private:
  OwnedFd inbox_;
  std::array<OwnedFd, kRanksMost> files_;  // one holds the recorders of all communicators of a rank
};

}  // namespace weft::test
