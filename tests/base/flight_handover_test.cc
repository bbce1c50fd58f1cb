#include "base/flight_handover.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace weft::test {
namespace {

std::string inbox_name() {
  return "flight-test-" + std::to_string(getpid());
}

// two descriptors are handed in
// expect: they come out in order, as descriptors of the same files; then nothing
TEST(FlightHandover, descriptors_arrive) {
  const auto inbox = open_flight_inbox(inbox_name());
  ASSERT_TRUE(inbox.has_value());
  for (const std::string content : {"one", "two"}) {
    const OwnedFd fd(memfd_create("test", MFD_CLOEXEC));
    ASSERT_EQ(write(fd.get(), content.data(), 3), 3);
    hand_in_flight(fd.get(), inbox_name());
  }
  for (const std::string content : {"one", "two"}) {
    const auto taken = take_flight(*inbox);
    ASSERT_TRUE(taken.has_value());
    char bytes[4] = {};
    EXPECT_EQ(pread(taken->get(), bytes, 3, 0), 3);
    EXPECT_EQ(bytes, content);
  }
  EXPECT_FALSE(take_flight(*inbox).has_value());
}

// no inbox: no name, nobody there, a name too long; no descriptor
// expect: nothing happens
TEST(FlightHandover, no_launcher) {
  const OwnedFd fd(memfd_create("test", MFD_CLOEXEC));
  for (const std::string& name : {std::string(), inbox_name() + "-nobody", std::string(1000, 'x')}) {
    hand_in_flight(fd.get(), name);
  }
  const auto inbox = open_flight_inbox(inbox_name());
  ASSERT_TRUE(inbox.has_value());
  hand_in_flight(-1, inbox_name());
  EXPECT_FALSE(take_flight(*inbox).has_value());
}

// a name that is taken, and one that is too long
// expect: errors
TEST(FlightHandover, bad_inboxes) {
  const auto inbox = open_flight_inbox(inbox_name());
  EXPECT_FALSE(open_flight_inbox(inbox_name()).has_value());
  EXPECT_FALSE(open_flight_inbox(std::string(1000, 'x')).has_value());
}

}  // namespace
}  // namespace weft::test
