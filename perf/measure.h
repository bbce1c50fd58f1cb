// One row of the table, one placement: timing and checking.
#pragma once

#include <optional>

#include "buffers.h"
#include "columns.h"
#include "group.h"
#include "statistics.h"
#include "table.h"

namespace weft::perf {

struct BatchTimes {
  Batches batches;
  Spread us_a_call;  // of the slowest rank's mean of each batch
};

struct Measured {
  Measurement measurement;
  std::optional<BatchTimes> batches;  // only where a JSON file is asked for
};

// One row on one rank. Every rank makes the same calls in the same order. Inputs are written before the timed calls and
// before each checked call, not between the timed ones.
class Row {
 public:
  Row(Member& member, const Flags& flags, const Case& what, Columns& columns, const Buffers& buffers, size_t bytes);

  const Extent& extent() const { return extent_; }
  RowHead head() const;
  Status warm_up();
  Expected<Measured> measure(bool in_place);

 private:
  struct Times {
    double wall_s = 0, cpu_s = 0;
  };
  void place(bool in_place);
  void refill(uint64_t repetition);
  Status call_once();
  Expected<Times> time_iterations();
  Expected<Times> averaged(Times own);
  Expected<BatchTimes> time_batches(double seconds_a_call);
  Expected<int64_t> check();
  int64_t wrong_here() const;
  Expected<int64_t> ranks_that_differ();

  Member& member_;
  const Flags& flags_;
  Case what_;
  Columns& columns_;
  Extent extent_;
  std::byte* const send_base_;
  std::byte* const recv_base_;
  bool in_place_ = false;
  std::byte* send_ = nullptr;  // what the calls get; in place both lie in the receive buffer
  std::byte* recv_ = nullptr;
};

}  // namespace weft::perf
