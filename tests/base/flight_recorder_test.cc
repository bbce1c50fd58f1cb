// The flight recorder, written by one process and read by another or by the same.
#include "base/flight_recorder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

// no operation; one under way behind one that ended; it ends; one that is being written
// expect: no place; the latest and how long ago, in nanoseconds of CLOCK_MONOTONIC; the one before
TEST(FlightRecorder, place) {
  const auto recorder = make_recorder();
  EXPECT_FALSE(recorder->stand(0).has_value());
  EXPECT_FALSE(recorder->stand(1).has_value());
  begin(*recorder, 1);
  recorder->end(Code::success);
  const uint64_t ended = monotonic_ns();
  usleep(2000);
  begin(*recorder, 2);
  const auto in_second = recorder->stand(2);
  const uint64_t since_first = monotonic_ns() - ended;
  ASSERT_TRUE(in_second.has_value());
  EXPECT_EQ(static_cast<uint32_t>(in_second->low), 2u);
  EXPECT_TRUE(in_second->under_way);
  EXPECT_LT(in_second->since_ns, since_first);
  EXPECT_GE(in_second->finished_ns, 1'900'000u);
  EXPECT_LT(in_second->finished_ns, since_first + 100'000);
  EXPECT_EQ(static_cast<uint32_t>(recorder->stand(3)->low), 2u);
  recorder->end(Code::success);
  EXPECT_FALSE(recorder->stand(2)->under_way);
  EXPECT_EQ(recorder->stand(2)->since_ns / 1'000'000'000, 0u);
}

// nothing was recorded
// expect: the owner's facts, and no operation
TEST(FlightRecorder, facts) {
  const auto recorder = make_recorder();
  const FlightRecord record = read(*recorder);
  EXPECT_EQ(record.communicator, 0xABCu);
  EXPECT_EQ(record.boot, 7u);
  EXPECT_EQ(record.rank, 2);
  EXPECT_EQ(record.ranks, 4);
  EXPECT_EQ(record.launched_as, 5);
  EXPECT_EQ(record.pid, getpid());
  EXPECT_EQ(record.host, "node-a");
  EXPECT_FALSE(record.left || record.in_file);
  EXPECT_TRUE(record.operations.empty() && record.torn == 0);
  EXPECT_TRUE(record.under_way() == nullptr && record.last_ended() == nullptr);
}

// one operation ended well, one failed, one under way
// expect: words, times and results are those recorded
TEST(FlightRecorder, phases) {
  const auto recorder = make_recorder();
  const auto before = static_cast<int64_t>(monotonic_ns());
  begin(*recorder, 1);
  recorder->end(Code::success);
  begin(*recorder, 2);
  recorder->end(Code::in_progress);
  recorder->end(Code::remote_error);
  begin(*recorder, 3);
  const auto after = static_cast<int64_t>(monotonic_ns());

  const FlightRecord record = read(*recorder);
  ASSERT_EQ(record.operations.size(), 3u);
  EXPECT_EQ(record.torn, 0);
  for (const FlightOperation& operation : record.operations) {
    EXPECT_TRUE(is_as_recorded(operation));
    EXPECT_GE(operation.began_ns, before - 100'000);
    EXPECT_LE(operation.began_ns + operation.took_ns, after + 100'000);
  }
  EXPECT_EQ(record.operations[0].result, 0);
  EXPECT_EQ(record.operations[1].result, static_cast<int>(Code::remote_error));
  EXPECT_EQ(record.last_ended(), &record.operations[1]);
  EXPECT_EQ(record.under_way(), &record.operations[2]);
}

// more operations than the ring holds, across the end of 32 bits
// expect: the last of them, in order, whatever their numbers
TEST(FlightRecorder, wraps_around) {
  const auto recorder = make_recorder();
  const uint32_t first = UINT32_MAX - 6000;
  for (uint32_t i = 0; i < 10000; ++i) {
    begin(*recorder, first + i);
    recorder->end(Code::success);
  }
  const FlightRecord record = read(*recorder);
  ASSERT_EQ(record.operations.size(), kFlightEntries);
  EXPECT_EQ(record.torn, 0);
  for (uint32_t i = 0; i < kFlightEntries; ++i) {
    EXPECT_EQ(record.operations[i].sequence(), static_cast<uint32_t>(first + 10000 - kFlightEntries + i));
    EXPECT_TRUE(is_as_recorded(record.operations[i]));
  }
}

// the writer was stopped after each of the four words of an operation that replaces another
// expect: torn until the last word is there; its neighbours stay
TEST(FlightRecorder, torn_entries) {
  const auto recorder = make_recorder();
  for (const uint32_t n : {1u, 2u}) {
    begin(*recorder, n);
    recorder->end(Code::success);
  }
  Memory memory(*recorder);
  const uint32_t next = 1 + kFlightEntries;
  const std::array<uint64_t, 4> words = {uint64_t{next} << 32 | next, uint64_t{next} * 3,
                                         memory.entry(2).words[2] + 1000, FlightMark::under_way(next)};
  for (size_t word = 0; word < 4; ++word) {
    memory.entry(1).words[word] = words[word];
    const FlightRecord record = read(*recorder);
    EXPECT_EQ(record.torn, word < 3 ? 1 : 0) << word;
    ASSERT_EQ(record.operations.size(), word < 3 ? 1u : 2u) << word;
    EXPECT_EQ(record.operations[0].sequence(), 2u);
  }
  EXPECT_EQ(read(*recorder).under_way()->sequence(), next);
}

// an operation longer than its field holds
// expect: the longest that it holds, more than a day at any usual rate
TEST(FlightRecorder, long_durations_saturate) {
  const uint64_t longest = FlightMark::ticks(FlightMark::ended(0, 0, UINT64_MAX));
  EXPECT_EQ(longest, FlightMark::kDurationMax << FlightMark::kTickShift);
  EXPECT_GT(static_cast<double>(longest) / 3.2e9, 24.0 * 3600 - 400);
}

// read by another process a thousand times while it is written
// expect: what is read is always as recorded, and in order; the newest that were read grow
TEST(FlightRecorder, read_while_written) {
  const auto recorder = make_recorder();
  const OwnedFd file(dup(recorder->fd()));  // which forked processes keep
  struct Flags {
    std::atomic<bool> done{false};
  };
  Shared<Flags> flags;
  run_processes(2, [&](int rank) {
    if (rank == 1) {
      for (uint32_t n = 1; !flags->done.load(); ++n) {
        begin(*recorder, n);
        recorder->end(Code::success);
      }
      return;
    }
    uint32_t newest = 0;
    for (int reading = 0; reading < 300 || (newest == 0 && reading < 100'000); ++reading) {
      const FlightRecord record = read(file.get());
      uint32_t last = 0;
      for (const FlightOperation& operation : record.operations) {
        if (!is_as_recorded(operation) || operation.sequence() <= last) {
          ADD_FAILURE() << "after " << last << " comes " << operation.low << " " << operation.high;
          reading = INT32_MAX - 1;
          break;
        }
        last = operation.sequence();
      }
      EXPECT_GE(std::max(last, newest), newest);
      newest = std::max(last, newest);
    }
    flags->done.store(true);
    EXPECT_GT(newest, 0u);
  });
}

// the writer is killed while it writes
// expect: the record is there, at most one entry of it torn
TEST(FlightRecorder, killed_writer) {
  const auto recorder = make_recorder();
  const OwnedFd file(dup(recorder->fd()));  // which forked processes keep
  struct Written {
    std::atomic<uint32_t> count{0};
  };
  Shared<Written> written;
  run_processes(2,
                [&](int rank) {
                  if (rank == 1) {
                    for (uint32_t n = 1;; ++n) {
                      begin(*recorder, n);
                      recorder->end(Code::success);
                      written->count.store(n);
                    }
                  }
                  while (written->count.load() < 10'000) usleep(100);
                  kill(rank_pid(1), SIGKILL);
                },
                {.killed = {1}});
  const FlightRecord record = read(file.get());
  EXPECT_LE(record.torn, 1);
  EXPECT_EQ(record.operations.size() + static_cast<size_t>(record.torn), kFlightEntries);
  EXPECT_GE(record.operations.back().sequence(), written->count.load());
  for (const FlightOperation& operation : record.operations) EXPECT_TRUE(is_as_recorded(operation));
}

// a recorder in a directory: made, closed in good order, made again
// expect: a file that only its owner can read, which stays and says that the rank left; making it again is an error
TEST(FlightRecorder, in_a_directory) {
  char directory[] = "/tmp/flight_test_XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::string path = std::string(directory) + "/" + flight_file_name("node-a", getpid(), 0xABC, 2);
  {
    const auto recorder = FlightRecorder::make(kOwner, directory);
    ASSERT_TRUE(recorder.has_value());
    begin(**recorder, 1);
  }
  const auto second = FlightRecorder::make(kOwner, directory);
  ASSERT_FALSE(second.has_value());
  expect_text(second.error().text(), {path, "File exists"});
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  const OwnedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const FlightRecords found = read_flight_records(fd.get(), path);
  ASSERT_TRUE(found.records.size() == 1 && found.problems.empty());
  const FlightRecord& record = found.records.front();
  EXPECT_TRUE(record.left && record.in_file);
  EXPECT_EQ(record.under_way()->sequence(), 1u);
  unlink(path.c_str());
  rmdir(directory);
}

// a directory that is not there
// expect: an error that names it
TEST(FlightRecorder, no_directory) {
  const auto recorder = FlightRecorder::make(kOwner, "/no/such/directory");
  ASSERT_FALSE(recorder.has_value());
  expect_text(recorder.error().text(), {"/no/such/directory", "No such file or directory"});
}

// a host's name that is no name of a file, and a long one
// expect: one file name; the name cut
TEST(FlightRecorder, odd_host_names) {
  EXPECT_EQ(flight_file_name("a/b", 1, 2, 3), "weft-a_b-1-0000000000000002-3.flight");
  auto owner = kOwner;
  owner.host = std::string(1000, 'x');
  const auto recorder = FlightRecorder::make(owner, "");
  ASSERT_TRUE(recorder.has_value());
  EXPECT_EQ(read(**recorder).host, std::string(255, 'x'));
}

}  // namespace
}  // namespace weft::test
