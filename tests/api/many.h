// Very many communicators, alive at a time or one after the other, and what they cost the processes of their ranks.
#pragma once

namespace weft::test {

// Four ranks, as processes or as threads of one, whose processes may have 256 descriptors each: `live` communicators at
// a time, a collective in every hundredth, all destroyed; then `cycles` of init and destroy, with a collective in every
// hundredth. Fails the test where something is left, or they cost more than they may; prints what they cost.
void many_communicators(bool processes, int live, int cycles);

}  // namespace weft::test
