// The ways in which a rank ends that the campaigns inflict. Signals come from another process at any instant; abort,
// _exit and a bad store are done by the rank itself, in a signal's function on the thread that was interrupted, so they
// too hit it wherever it is. Only exit, which runs destructors, waits for the end of the call that it is in.
#pragma once

#include <sys/types.h>

#include "support/ranks.h"

namespace weft::test {

enum class Fault { kill, bad_store, abort, exit, leave };

const char* name_of(Fault fault);
bool strikes_anywhere(Fault fault);

// The rank: readies itself to do as it is told. Once, by the thread that will run its collectives.
void arm(Fault fault);
// The rank, between two calls: whether it has been told to exit.
bool told_to_exit();

// Another process.
void inflict(Fault fault, pid_t victim);

// What must be seen of a victim when it has ended: this proves that the fault, and nothing else, ended it.
void expect_end(Fault fault, int rank, Expect& expect);

}  // namespace weft::test
