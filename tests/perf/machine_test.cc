#include "perf/machine.h"

#include <gtest/gtest.h>

namespace weft::perf {
namespace {

// this machine
// expect: it has a name, a kernel and processors, and this thread is on one that it may use
TEST(PerfMachine, facts) {
  const Machine machine = this_machine();
  EXPECT_FALSE(machine.host.empty());
  EXPECT_FALSE(machine.processor.empty());
  EXPECT_EQ(machine.kernel.substr(0, 5), "Linux");
  EXPECT_GE(machine.processors, 1);
  EXPECT_FALSE(allowed_processors().empty());
  EXPECT_GE(current_processor(), 0);
}

// the hop between the first two processors, and one to a processor that does not exist
// expect: a time above 0, unless the machine is too busy to answer; an error that names the two
TEST(PerfMachine, hop) {
  const auto processors = allowed_processors();
  if (processors.size() >= 2) {
    const auto hop = measure_hop(processors[0], processors[1]);
    if (hop) {
      EXPECT_GT(hop->ns.least, 0);
      EXPECT_GE(hop->ns.median, hop->ns.least);
    }
  }
  const auto none = measure_hop(processors[0], 1000);
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(none.error().text().find("1000"), std::string::npos);
}

}  // namespace
}  // namespace weft::perf
