// Communicators that cannot be made: who is told, and what.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

#include "api/failure.h"

namespace weft::test {
namespace {

constexpr size_t kDone = 1;  // shared word

// 2 of 3 ranks come
// expect: not joined, and the missing one is named, at WEFT_INIT_TIMEOUT
TEST(InitFailure, rank_that_does_not_come) {
  SharedId id;
  run_processes(2, [&](int rank) {
    setenv("WEFT_INIT_TIMEOUT", "0.5", 1);
    weftComm_t comm = nullptr;
    EXPECT_EQ(id.join(&comm, 3, rank), weftNotJoined) << weftGetLastError(nullptr);
    expect_text(weftGetLastError(nullptr), {"rank 2"});
    EXPECT_EQ(comm, nullptr);
  });
}

// malformed configuration
// expect: the variable and the fix
TEST(InitFailure, malformed_configuration) {
  const auto init_alone_with = [](const char* name, const char* value, std::initializer_list<std::string_view> words) {
    run_processes(1, [&](int) {
      setenv(name, value, 1);
      weftComm_t comm = nullptr;
      EXPECT_EQ(weftCommInitAll(&comm, 1, nullptr), weftConfigMismatch);
      expect_text(weftGetLastError(nullptr), words);
    });
  };
  init_alone_with("WEFT_SLOTS", "many", {"WEFT_SLOTS", "many", "5", "64"});
  init_alone_with("WEFT_ALGO", "rign", {"rign", "ring"});
}

using Join = std::function<weftResult_t(SharedId& id, int rank, bool odd)>;

// Once others have been refused, and long enough that the root's process could have ended.
void come_late() {
  await_word(kDone, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

// Four ranks join, one contradicts, and every process ends as soon as it has its error: twenty times, each rank in
// turn. The root lives in rank 0. In every other round one of the other ranks comes late.
void expect_all_hear(const Join& join, weftResult_t code, std::initializer_list<std::string_view> words) {
  Shared<std::array<int64_t, 4>> heard_us;
  int64_t slowest_us[2] = {};
  for (int round = 0; round < 20 && !::testing::Test::HasFailure(); ++round) {
    const int odd = round / 2 % 4, late = round % 2 == 0 ? -1 : odd % 3 + 1;
    SharedId id;
    run_processes(4, [&](int rank) {
      setenv("WEFT_INIT_TIMEOUT", "10", 1);
      if (rank == late) come_late();
      EXPECT_EQ(join(id, rank, rank == odd), code) << weftGetLastError(nullptr);
      (*heard_us)[static_cast<size_t>(rank)] = now_us();
      expect_text(weftGetLastError(nullptr), {fmt::format("rank {} (", odd), std::to_string(rank_pid(odd))});
      expect_text(weftGetLastError(nullptr), words);
      if (rank != 0) shared_word(kDone).store(1);
    });
    const auto [first, last] = std::minmax_element(heard_us->begin(), heard_us->end());
    slowest_us[round % 2] = std::max(slowest_us[round % 2], *last - *first);
  }
  std::printf("the last of four ranks hears at most %ld us after the first; %ld us if one comes late\n",
              static_cast<long>(slowest_us[0]), static_cast<long>(slowest_us[1]));
}

// a rank believes in fewer ranks than the three others, or, the last one, in more
// expect: all hear which rank, and both numbers
TEST(InitFailure, other_number_of_ranks) {
  expect_all_hear(
      [](SharedId& id, int rank, bool odd) {
        const int believed = !odd ? 4 : rank == 3 ? 5 : 3;
        weftComm_t comm = nullptr;
        return id.join(&comm, believed, rank);
      },
      weftInvalidArgument, {"4", "all must give the same number"});
}

// a variable that must be equal differs on one rank
// expect: all hear which rank, and both values
TEST(InitFailure, other_configuration) {
  expect_all_hear(
      [](SharedId& id, int rank, bool odd) {
        setenv("WEFT_SLOTS", odd ? "9" : "8", 1);
        weftComm_t comm = nullptr;
        return id.join(&comm, 4, rank);
      },
      weftConfigMismatch, {"WEFT_SLOTS=8", "WEFT_SLOTS=9"});
}

}  // namespace
}  // namespace weft::test
