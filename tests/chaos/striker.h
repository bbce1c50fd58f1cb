// The process beside a job that ends its ranks, and proves where they were.
#pragma once

#include "chaos/account.h"
#include "chaos/job.h"

namespace weft::test {

// Once all have joined and run for a while: the victims of the job, as it says.
void strike(const Job& job, Account& account);

// For those that stop a rank and let it go on: returns when all have joined and run for a while.
void begin(const Job& job);
// Returns when the kernel says that the process stands still.
void halt(pid_t process);
void resume(pid_t process);

}  // namespace weft::test
