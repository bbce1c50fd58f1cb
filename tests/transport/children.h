// Runs functions in forked children with a wall limit: a hang becomes a failure, and nothing is left running.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace weft::test {

inline constexpr int64_t kWallLimitMs = 50'000;

// One child per function, all at once. The texts of those that failed, were killed or did not end; empty if all is
// well.
std::vector<std::string> run_in_children(const std::vector<std::function<Status()>>& functions);

}  // namespace weft::test
