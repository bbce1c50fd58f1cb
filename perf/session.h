// The whole run of one rank: head of the table, all rows, foot, JSON file. Rank 0 prints; the others take part.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "group.h"
#include "report.h"

namespace weft::perf {

struct Session {
  Collective collective;
  std::string program;
  std::vector<std::string> command;
  Flags flags;
  std::atomic<bool> any_wrong{false};  // set by every rank of the process alike

  Status run(Member& member);
};

}  // namespace weft::perf
