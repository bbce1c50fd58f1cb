#include "api/long_vectors.h"

namespace weft::test {
namespace {

// several MiB of float32 and of uint8, 1 to 4 ranks, all collectives: many passes, odd sizes
// expect: every element right
TEST(LongVectors, are_right) {
  for (const int ranks : {1, 2, 3, 4}) {
    Team team(ranks);
    run_long_vectors<float>(team, (size_t{1} << 19) + 3, weftFloat32);
    run_long_vectors<uint8_t>(team, (size_t{1} << 21) + 13, weftUint8);
  }
}

}  // namespace
}  // namespace weft::test
