// What the campaigns of this program have found, in one table at its end.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace weft::test {

struct Row {
  std::string campaign;
  int jobs = 0;
  int inside = 0;      // first victims that died in a collective
  int violations = 0;  // jobs in which something was not as promised
  int undecided = 0;   // communicators that failed before the survivors had agreed, as far as one survivor is concerned
  std::vector<int64_t> told_us, recovered_us;
  // Where second victims were when they were struck.
  enum Moment : int { untold, told, shrinking, going_on, kMoments };
  std::array<int, kMoments> moments{};
};

int64_t percentile(const std::vector<int64_t>& values, size_t percent);  // 0 if there are none

// Its place in the table, until the program ends.
Row& new_row(const std::string& campaign);

}  // namespace weft::test
