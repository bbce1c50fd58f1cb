// The flight recorders that the ranks of `weft run` have handed in. They stay when a rank is gone: then they tell which
// operation each rank was in.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/flight_record.h"
#include "base/status.h"

namespace weft::tools {

class FlightBox {
 public:
  // Ranks find the box by this name (WEFT_TRACE_SOCKET).
  Status open(const std::string& name, int nranks);
  int fd() const { return inbox_.get(); }
  // Takes what was handed in so far; does not wait.
  void collect();

  // One sentence for each group of ranks that were in the same place, in order of rank. Ranks that handed in nothing
  // are left out.
  std::vector<std::string> sentences() const;
  // Writes all records to a directory, a file for each that a rank has handed in, but those that are files already; how
  // many records. Stops at the first error.
  Expected<int> save(const std::string& directory) const;

 private:
  std::vector<FlightRecord> records_of(int rank) const;
  OwnedFd inbox_;
  int nranks_ = 0;
  std::map<int, std::deque<OwnedFd>> files_;  // by WEFT_RANK; of each rank the latest kFilesMax
};

}  // namespace weft::tools
