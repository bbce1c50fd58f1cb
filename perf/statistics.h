// Times of many batches, boiled down.
#pragma once

#include <cstddef>
#include <vector>

namespace weft::perf {

struct Spread {
  double median = 0, least = 0, most = 0;
};
Spread spread_of(std::vector<double> numbers);  // not empty; of an even number of them the median is the upper of two

// How a span of time is cut into batches of about 0.5 ms: long enough that reading the clock costs nothing, short
// enough that a preemption spoils one batch and not the median.
struct Batches {
  int batches = 0, calls_per_batch = 0;
};
Batches batches_for(double seconds_a_call, double seconds_in_all);

}  // namespace weft::perf
