// Seeded inputs of reductions: any rank can work out any other rank's element without talking to it.
#pragma once

#include <cstdint>
#include <vector>

#include "support/number.h"

namespace weft::test {

enum class Values : uint8_t {
  exact,   // small numbers: every partial result in every order is representable, so the result has one possible value
  finite,  // all digits in use, of both signs where the type has them; no partial result overflows. Integers: any bits,
           // they wrap
  any_bits,  // any bit pattern, NaNs and infinities too; for floats with min and max only
};

struct Inputs {
  DataType type = DataType::float32;
  Operator op = Operator::sum;
  Values values = Values::exact;
  int ranks = 1;
  uint64_t seed = 0;
};

uint64_t input_bits(const Inputs& inputs, int rank, uint64_t index);
std::vector<std::byte> input_of_rank(const Inputs& inputs, int rank, size_t elements);

}  // namespace weft::test
