#include "chaos/flight_watch.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "base/deadline.h"
#include "base/flight_handover.h"
#include "base/flight_record.h"

namespace weft::test {

FlightWatch::FlightWatch(const std::string& inbox) {
  auto opened = open_flight_inbox(inbox);
  EXPECT_TRUE(opened.has_value()) << inbox;
  if (opened) inbox_ = std::move(*opened);
}

void FlightWatch::collect(int ranks) {
  const Deadline deadline = Deadline::after_ms(20'000);
  for (int found = 0; found < ranks && !deadline.passed();) {
    pollfd wanted{inbox_.get(), POLLIN, 0};
    if (poll(&wanted, 1, static_cast<int>(deadline.left_ms(1000))) <= 0) continue;
    auto fd = take_flight(inbox_);
    if (!fd) continue;
    const FlightRecords records = read_flight_records(fd->get(), "a rank's recorders");
    ASSERT_FALSE(records.records.empty());
    ASSERT_LT(records.records.front().rank, ranks);
    files_[static_cast<size_t>(records.records.front().rank)] = std::move(*fd);
    ++found;
  }
  inbox_.reset();
}

bool FlightWatch::died_inside(int rank) const {
  const auto found = read_flight_records(files_[static_cast<size_t>(rank)].get(), "the victim's recorders").records;
  EXPECT_FALSE(found.empty());
  return std::any_of(found.begin(), found.end(), [](const FlightRecord& one) { return one.under_way() != nullptr; });
}

}  // namespace weft::test
