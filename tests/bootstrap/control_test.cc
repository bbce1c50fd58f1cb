#include "bootstrap/control.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "bootstrap/two_processes.h"

namespace weft::test {
namespace {

// two thousand parcels between two processes of one host, some with descriptors
// expect: in order, each with its own
TEST(Control, parcels) {
  with_two_processes([](TestRank& self, int rank) { exchange_parcels(self, rank, true); });
}

// the same between hosts
// expect: in order; a descriptor is refused
TEST(Control, parcels_over_tcp) {
  with_two_processes(
      [](TestRank& self, int rank) {
        const ProcessId peer = self.joined.roster[static_cast<size_t>(1 - rank)].process;
        EXPECT_EQ(self.control->send(peer, kTopic, {}, 0).code(), Code::invalid_usage);
        exchange_parcels(self, rank, false);
      },
      [](Roster& roster) {
        for (Member& member : roster) ++member.host_identity;
      });
}

// parcels of two topics to oneself; a body too long; a process without a link
// expect: one queue per topic; refused; refused
TEST(Control, to_oneself) {
  auto control = *Control::of_process("");
  ASSERT_TRUE(control->send(control->self(), kTopic, part_of("a"), -1).ok());
  ASSERT_TRUE(control->send(control->self(), kTopic, part_of("b"), STDIN_FILENO).ok());
  EXPECT_FALSE(control->take(Topic::transport_loop).has_value());
  EXPECT_EQ(number_of(*control->take(kTopic)), "a");
  EXPECT_TRUE(control->take(kTopic)->fd.valid());
  EXPECT_FALSE(control->take(kTopic).has_value());
  EXPECT_EQ(control->send(control->self(), kTopic, std::vector<std::byte>(kParcelBytesMax + 1), -1).code(),
            Code::invalid_argument);
  EXPECT_EQ(control->send(ProcessId{}, kTopic, part_of("c"), -1).code(), Code::remote_error);
}

// parcels to oneself that nobody takes
// expect: a named limit
TEST(Control, full_mailbox) {
  auto control = *Control::of_process("");
  for (size_t i = 0; i < Mailbox::kParcelsMax; ++i) ASSERT_TRUE(control->send(control->self(), kTopic, {}, -1).ok());
  EXPECT_EQ(control->send(control->self(), kTopic, {}, -1).code(), Code::resource);
}

// two owners in one process, then none, then a new one
// expect: one object while anybody has it; afterwards another identity
TEST(Control, one_per_process) {
  auto first = *Control::of_process("");
  const ProcessId id = first->self();
  auto second = *Control::of_process("");
  EXPECT_EQ(second.get(), first.get());
  first.reset();
  second.reset();
  EXPECT_NE((*Control::of_process(""))->self(), id);
}

// an interface that does not exist
// expect: an error that names the variable and those that do
TEST(Control, unknown_interface) {
  const auto control = Control::of_process("weft-none0");
  ASSERT_FALSE(control.has_value());
  expect_text(control.error().text(), {"WEFT_IFACE", " lo"});
}

}  // namespace
}  // namespace weft::test
