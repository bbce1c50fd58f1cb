// Needs about 9 GB of memory and some minutes under a sanitizer: labelled `long`.
#include "api/long_vectors.h"

namespace weft::test {
namespace {

// more elements than 31 bits count: uint8, 2 ranks, all_reduce and broadcast
// expect: every element right, before and after 2^31
TEST(HugeCount, past_2_to_the_31) {
  Team team(2);
  run_long_vectors<uint8_t>(team, (size_t{1} << 31) + 17, weftUint8, true);
}

}  // namespace
}  // namespace weft::test
