// Inputs whose results are known beforehand, and the check of every element.
//
// Every element of a buffer has one of 1,024 columns, by a hash of its index and the seed. In each column every rank
// has a value of its own, seeded too, and the reference (tests/support/reference.h) says which results are allowed. So
// a buffer of any size is filled and checked at the cost of a table look-up, and an element at a wrong place, from a
// wrong rank or summed without one rank shows. In half of the columns the values are small enough that only one result
// is possible; in the other half all digits are in use (and for min and max every bit pattern, NaNs included).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "collectives/collective.h"
#include "extent.h"
#include "support/reference.h"
#include "support/values.h"

namespace weft::perf {

inline constexpr size_t kColumns = 1024;

struct Case {
  Collective collective = Collective::all_reduce;
  DataType type = DataType::float32;
  Operator op = Operator::sum;  // reductions only
  int root = 0;                 // rooted collectives only
  int ranks = 1, rank = 0;
};

// One rank's tables of one case, used by that rank's thread. Making them takes some 10 us a column; using them little.
class Columns {
 public:
  Columns(const Case& what, uint64_t seed);

  // Gives every element another column. All ranks do it with the same number.
  void shuffle(uint64_t repetition);

  // What this rank sends: `extent.send_count` elements. Nothing for ranks whose send buffer is not read.
  void fill(const Extent& extent, std::byte* send) const;
  bool sends() const;
  bool receives() const;

  // How many elements of the receive buffer are not what they must be.
  int64_t wrong_received(const Extent& extent, const std::byte* recv) const;
  // How many elements of the send buffer are not as `fill` left them.
  int64_t wrong_sent(const Extent& extent, const std::byte* send) const;

 private:
  // One column's answer: these bits, or in a reduction any other that `allowed` accepts.
  struct Answer {
    uint64_t bits = 0;
    test::Allowed allowed;
  };
  using Inputs = std::vector<uint64_t>;  // one rank's bits, by column

  Inputs inputs_of(int rank) const;
  Answer reduced(const std::vector<Inputs>& inputs, size_t column) const;
  size_t column_of(uint64_t index) const;

  Case what_;
  uint64_t seed_, shuffle_ = 0;
  Inputs own_;
  std::vector<Inputs> copied_;   // gather and broadcast: what each block of the receive buffer must be
  std::vector<Answer> reduced_;  // reductions
};

// Fills memory with bytes that no result has by chance all over.
void poison(std::byte* at, size_t bytes);
int64_t bytes_not_poison(const std::byte* at, size_t bytes);

// Of a buffer; equal bits have equal sums, whatever machine computes them.
uint64_t checksum(const std::byte* at, size_t bytes);

}  // namespace weft::perf
