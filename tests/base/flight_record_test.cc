// Reading what recorders leave behind: files of several records, spoilt ones, and what is none.
#include "base/flight_record.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "base/fd.h"
#include "flight_records.h"
#include "support/ranks.h"
#include "support/shared.h"
#include "support/text.h"

namespace weft::test {
namespace {

// each field that can be wrong
// expect: an error with the file's name, the offset and the cause
TEST(FlightRecord, bad_records) {
  struct Case {
    std::function<void(Memory&)> spoil;
    std::string offset, cause;
  };
  const std::vector<Case> cases = {
      {[](Memory& m) { m.header().magic = 0x7F; }, "offset 0:", "000000000000007f is not how a flight record begins"},
      {[](Memory& m) { m.header().version = 9; }, "offset 8:", "version 9 of the format; this weft reads version 1"},
      {[](Memory& m) { m.header().header_bytes = 1; }, "offset 12:", "bytes of the header cannot be 1"},
      {[](Memory& m) { m.header().identity_bytes = 1; }, "offset 16:", "bytes of the identity cannot be 1"},
      {[](Memory& m) { m.header().entries_offset = 1; }, "offset 20:", "it is 4096"},
      {[](Memory& m) { m.header().entry_bytes = 33; }, "offset 24:", "it is 32"},
      {[](Memory& m) { m.header().entry_count = 0; }, "offset 28:", "it is 1024"},
      {[](Memory& m) { m.identity().rank = 4; }, "offset 80:", "there is no rank 4 of 4"},
      {[](Memory& m) { m.identity().host.fill('x'); }, "offset 96:", "name does not end"},
      {[](Memory& m) { m.identity().latest.fill({}); }, "offset 376:", "are no clock"},
  };
  for (const Case& each : cases) {
    const auto recorder = make_recorder();
    Memory memory(*recorder);
    each.spoil(memory);
    const FlightRecords found = read_flight_records(recorder->fd(), "spoilt");
    ASSERT_TRUE(found.records.empty() && found.problems.size() == 1) << each.cause;
    expect_text(found.problems.front().text(), {"spoilt: " + each.offset, each.cause});
  }
}

// three recorders, of which the second is spoilt and the third has left
// expect: one file; the problem of the second with its offset, and the others whole
TEST(FlightRecord, several_in_a_file) {
  const auto first = make_recorder(), second = make_recorder();
  auto third = make_recorder();
  begin(*first, 1);
  begin(*third, 3);
  EXPECT_TRUE(first->made_file() && !second->made_file() && !third->made_file());
  EXPECT_TRUE(second->fd() == first->fd() && third->fd() == first->fd());
  third.reset();
  const uint32_t version = 9;
  ASSERT_EQ(pwrite(first->fd(), &version, sizeof version, kFlightBytes + offsetof(FlightHeader, version)), 4);
  const FlightRecords found = read_flight_records(first->fd(), "three");
  ASSERT_EQ(found.records.size(), 2u);
  EXPECT_EQ(found.records[0].under_way()->sequence(), 1u);
  EXPECT_EQ(found.records[1].under_way()->sequence(), 3u);
  EXPECT_TRUE(!found.records[0].left && found.records[1].left);
  ASSERT_EQ(found.problems.size(), 1u);
  expect_text(found.problems.front().text(), {"three: offset 36872:", "version 9"});
}

// ranks that come and go beside one that stays, read by another process meanwhile
// expect: never a problem, and never the operations of one rank in the record of another
TEST(FlightRecord, places_that_change_their_owner) {
  struct Flags {
    std::atomic<bool> done{false};
  };
  Shared<Flags> flags;
  run_processes(2, [&](int rank) {
    if (rank == 1) {
      const auto mine = make_recorder();
      shared_word(0).store(static_cast<uint64_t>(mine->fd()) + 1);
      auto owner = kOwner;
      for (uint32_t turn = 1; !flags->done.load(); ++turn) {
        owner.communicator = turn;
        const auto passing = FlightRecorder::make(owner, "");
        for (uint32_t n = 1; n < 20; ++n) (*passing)->begin(uint64_t{turn} << 32 | n, turn);
      }
      return;
    }
    await_word(0, 1);
    const std::string path = "/proc/" + std::to_string(rank_pid(1)) + "/fd/" + std::to_string(shared_word(0) - 1);
    const OwnedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    size_t most = 0;
    for (int reading = 0; reading < 500; ++reading) {
      const FlightRecords found = read_flight_records(fd.get(), path);
      most = std::max(most, found.records.size());
      for (const Status& problem : found.problems) ADD_FAILURE() << problem.text();
      for (const FlightRecord& record : found.records) {
        for (const FlightOperation& each : record.operations) ASSERT_EQ(each.high, record.communicator);
      }
    }
    flags->done.store(true);
    EXPECT_GT(most, FlightPlace::kLeftKept);
  });
}

// a file that is too short, one of empty places, and what is no file
// expect: where it ends; that it holds none; that it is none
TEST(FlightRecord, no_records) {
  const auto problem_of = [](const OwnedFd& fd, const std::string& name) {
    const FlightRecords found = read_flight_records(fd.get(), name);
    EXPECT_TRUE(found.records.empty() && found.problems.size() == 1);
    return found.problems.empty() ? "" : std::string(found.problems.front().text());
  };
  const OwnedFd fd(memfd_create("short", MFD_CLOEXEC));
  ASSERT_EQ(ftruncate(fd.get(), 100), 0);
  ASSERT_EQ(pwrite(fd.get(), "x", 1, 0), 1);
  expect_text(problem_of(fd, "short"), {"short: offset 100: it ends here", "36864 bytes"});
  const OwnedFd empty(memfd_create("empty", MFD_CLOEXEC));
  ASSERT_EQ(ftruncate(empty.get(), 3 * kFlightBytes), 0);
  expect_text(problem_of(empty, "empty"), {"empty: it holds no flight record"});
  const OwnedFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  expect_text(problem_of(null, "null"), {"null: offset 0: it is not a plain file"});
}

}  // namespace
}  // namespace weft::test
