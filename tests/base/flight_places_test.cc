// Where flight recorders lie: few files for many of them.
#include "base/flight_places.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <set>
#include <vector>

#include "base/flight_format.h"
#include "support/leaks.h"
#include "support/ranks.h"

namespace weft::test {
namespace {

FlightPlace take() {
  auto place = FlightPlace::take("", "");
  EXPECT_TRUE(place.has_value());
  return std::move(*place);
}

uint64_t allocated_bytes(int fd) {
  struct stat status {};
  EXPECT_EQ(fstat(fd, &status), 0);
  return static_cast<uint64_t>(status.st_blocks) * 512;
}

// one place, then 10,000
// expect: the memory of one; 8 files, each place apart from the others; nothing is left when they are gone
TEST(FlightPlaces, few_files_for_many) {
  const Holdings before = Holdings::now();
  {
    std::vector<FlightPlace> places;
    places.push_back(take());
    EXPECT_EQ(allocated_bytes(places[0].fd()), kFlightBytes);
    while (places.size() < 10'000) places.push_back(take());
    std::set<int> files;
    std::set<std::byte*> memory;
    int first = 0;
    for (const FlightPlace& place : places) {
      files.insert(place.fd());
      memory.insert(place.memory());
      first += place.first_of_file() ? 1 : 0;
    }
    EXPECT_EQ(files.size(), 8u);
    EXPECT_EQ(first, 8);
    EXPECT_EQ(memory.size(), places.size());
  }
  EXPECT_EQ(Holdings::left_since(before), "");
}

// places are given back while one is kept, and others taken
// expect: the longest unused comes back, and only when kLeftKept others are unused
TEST(FlightPlaces, reused_late) {
  const FlightPlace kept = take();
  std::vector<std::byte*> used;
  for (size_t i = 0; i < 3 * FlightPlace::kLeftKept; ++i) used.push_back(take().memory());
  constexpr size_t kTurn = FlightPlace::kLeftKept + 1;
  EXPECT_EQ(std::set(used.begin(), used.end()).size(), kTurn);
  for (size_t i = kTurn; i < used.size(); ++i) EXPECT_EQ(used[i], used[i - kTurn]);
}

// all places of the first file are taken, then one is given back
// expect: it is used again before a second file is made
TEST(FlightPlaces, last_resort) {
  std::vector<FlightPlace> places;
  for (size_t i = 0; i < FlightPlace::kFirstPlaces; ++i) places.push_back(take());
  places.pop_back();
  places.push_back(take());
  EXPECT_EQ(places.back().fd(), places.front().fd());
  EXPECT_NE(take().fd(), places.front().fd());
}

// a child of a fork takes a place, beside the one that it has inherited
// expect: a file of its own; the parent's is closed, and what the child does with its place stays as it is there
TEST(FlightPlaces, forked_child) {
  run_processes(1, [](int) {
    const FlightPlace place = take();
    const int fd = place.fd();
    const pid_t child = fork();
    if (child == 0) {
      const bool closed = fcntl(fd, F_GETFD) == -1;
      const FlightPlace own = take();
      std::memset(own.memory(), 0xFF, kFlightBytes);
      _exit(closed && place.inherited() && !own.inherited() && own.memory() != place.memory() ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_EQ(place.memory()[0], std::byte{0});
    EXPECT_EQ(take().fd(), place.fd());
  });
}

// limits that allow fewer places than a file has, and none
// expect: smaller files; private memory, and in a directory an error that leaves no file
TEST(FlightPlaces, limits_of_the_process) {
  run_processes(1, [](int) {
    const auto limit_file_size = [](rlim_t bytes) {
      const rlimit limit{bytes, RLIM_INFINITY};
      ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    };
    limit_file_size(3 * kFlightBytes + 1);
    {
      std::vector<FlightPlace> places;
      for (int i = 0; i < 4; ++i) places.push_back(take());
      EXPECT_TRUE(places[2].fd() == places[0].fd() && places[3].fd() != places[0].fd());
    }
    limit_file_size(kFlightBytes - 1);
    const FlightPlace place = take();
    EXPECT_EQ(place.fd(), -1);
    std::memset(place.memory(), 1, kFlightBytes);
    EXPECT_FALSE(FlightPlace::take("/tmp", "no_place_for_flights").has_value());
    EXPECT_EQ(access("/tmp/no_place_for_flights", F_OK), -1);
  });
}

}  // namespace
}  // namespace weft::test
