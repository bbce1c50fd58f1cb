// Runs jobs, and judges from outside what their survivors wrote down: the fault contract, point by point.
//
//   bounded      run_processes ends a job that hangs; campaigns compare percentiles with the limits
//   named        here: whom each survivor was told of, and that all were told alike
//   no lies      Stream: results are exact, and nothing beside them changes
//   recoverable  Life: shrink, then more operations
//   clean        Life: nothing is left when the communicator is destroyed
//   explained    Life: the text names ranks, processes and cause
//   armed        run_processes: each victim's wait status is that of its fault
#pragma once

#include <functional>

#include "api/processes.h"
#include "chaos/account.h"
#include "chaos/job.h"
#include "chaos/table.h"

namespace weft::test {

using Striker = std::function<void(const Job&, Account&)>;

// One job in processes of its own. What it finds goes into the row, what is wrong into the test's failures.
void run_job(const Job& job, const Striker& striker, Row& row);

// As many jobs as wished, of seeds that count up.
void run_campaign(const std::string& name, uint64_t jobs, const std::function<Job(uint64_t seed)>& draw);

}  // namespace weft::test
