#include "exec/host_executor.h"

#include <gtest/gtest.h>

#include "exec/world.h"
#include "support/seed.h"

namespace weft::test {
namespace {

// Small slots, so that small vectors have several passes and slots.
constexpr ConnectionShape kShape{.slots = 5, .slot_bytes = 1024};

class EveryWire : public ::testing::TestWithParam<Wire> {};
INSTANTIATE_TEST_SUITE_P(HostExecutor, EveryWire,
                         ::testing::Values(Wire::shm, Wire::loop_mapped, Wire::loop_message, Wire::loop_message_faulty),
                         [](const auto& param) { return name_of(param.param); });

// Runs a row with several counts, in place and not, one after the other on the same connections.
void run_row(Wire wire, const CatalogRow& row, int ranks, int root, DataType type, Operator op) {
  World world(wire, ranks, kShape);
  for (const size_t count : {1, 3, 127, 256, 257, 1031}) {
    for (const bool in_place : {false, true}) {
      const Job job{.row = &row,
                    .ranks = ranks,
                    .root = root,
                    .inputs = {.type = type, .op = op, .values = Values::exact, .ranks = ranks, .seed = seed()},
                    .count = count,
                    .in_place = in_place};
      const std::string wrong = world.run(job);
      ASSERT_EQ(wrong, "") << name_of(row.collective) << " " << row.name << " ranks " << ranks << " root " << root
                           << " count " << count << (in_place ? " in place" : "") << " seed " << seed();
    }
  }
}

// every algorithm, ranks 1 to 5 and 8, several sizes, in place and not, all on one set of connections
// expect: right results, and exactly the slots that the schedule says
TEST_P(EveryWire, runs_every_algorithm) {
  for (const CatalogRow& row : catalog()) {
    for (const int ranks : {1, 2, 3, 4, 5, 8}) {
      for (int root = 0; root < (is_rooted(row.collective) ? ranks : 1); ++root) {
        run_row(GetParam(), row, ranks, root, DataType::int32, Operator::sum);
        if (HasFatalFailure()) return;
      }
    }
  }
}

// avg, whose last division must happen once however the sum is formed
// expect: right results from every algorithm
TEST_P(EveryWire, divides_once) {
  for (const CatalogRow& row : catalog()) {
    if (!is_reduction(row.collective)) continue;
    for (const int ranks : {1, 3, 4}) run_row(GetParam(), row, ranks, ranks - 1, DataType::float32, Operator::avg);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace weft::test
