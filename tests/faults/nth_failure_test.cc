// Every call of the system that weft makes fails once: the first of its kind, then the second, and so on until a run
// passes without a failure (SQLite's way). One of two ranks meets the failures. Whatever it and the other return, they
// return soon; what they call a success is right; and nothing is left when their communicators are destroyed.
//
// The ordinary set lets one in forty allocations fail; all of them take minutes (label `long`).
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <weft/weft.h>

#include <vector>

#include "api/failure.h"
#include "faults/interposer.h"
#include "support/leaks.h"
#include "support/symbols.h"

namespace weft::test {
namespace {

enum class Phase { init, collective, shrink, destroy };
constexpr Phase kPhases[] = {Phase::collective, Phase::shrink, Phase::destroy, Phase::init};
constexpr const char* kPhaseNames[] = {"init", "collective", "shrink", "destroy"};

// How long the other rank may wait for one that has failed before it could say so.
constexpr const char* kInitSeconds = "0.5";
constexpr const char* kCallSeconds = "3";
constexpr int64_t kRootLingersMs = 8000;  // when it has lost a rank that was on its way
constexpr int64_t kCallMs = 3000 + 2 * kAtOnceMs;
constexpr size_t kCount = 20'000;                              // so that some slots go through the ring more than once
constexpr size_t kMeeting = 1, kId = 2, kFired = 3, kBad = 4;  // shared words
constexpr uint64_t kNoId = 1, kIdThere = 2, kYes = 1, kNo = 2;

// One rank may wait for seconds while the other's call runs into its time limit: without using the processor.
constexpr useconds_t kNapUs = 500;
void meet_idly() {
  const uint64_t met = shared_word(kMeeting).fetch_add(1) / 2;
  while (shared_word(kMeeting) < 2 * (met + 1)) usleep(kNapUs);
}

// One rank through the life of a communicator, over and over.
class Life {
 public:
  Life(int rank, int victim, Shared<weftUniqueId>& id) : rank_(rank), victim_(victim), id_(id) {}

  // With the failure in one phase. Whether it came to it; the same on both ranks.
  bool live(SystemCall call, Phase phase, int nth) {
    call_ = call;
    armed_in_ = phase;
    nth_ = nth;
    fired_.clear();
    weftComm_t comm = nullptr, smaller = nullptr;
    in(Phase::init, [&] { return init(&comm); });
    joined_ = comm != nullptr;
    in(Phase::collective, [&] { return joined_ ? sum(comm) : weftSuccess; });
    in(Phase::shrink, [&] { return joined_ ? weftCommShrink(comm, &smaller) : weftSuccess; });
    if (smaller != nullptr) sum(smaller);
    in(Phase::destroy, [&] {
      const weftResult_t first = weftCommDestroy(smaller), second = weftCommDestroy(comm);
      return first != weftSuccess ? first : second;
    });
    return compare();
  }

  const std::string& fired() const { return fired_; }

 private:
  template <class Body>
  void in(Phase phase, const Body& body) {
    const bool armed = rank_ == victim_ && phase == armed_in_;
    const int64_t before_us = now_us();
    if (armed) arm(call_, nth_);
    const weftResult_t result = body();
    if (armed) fired_ = disarm();
    const int64_t ms = ms_since(before_us);
    EXPECT_LT(ms, kCallMs) << where(phase);
    if (fired_.empty() && rank_ == victim_) {
      EXPECT_EQ(result, weftSuccess) << where(phase) << weftGetLastError(nullptr);
    }
    if (result != weftSuccess) {
      EXPECT_STRNE(weftGetLastError(nullptr), "") << where(phase);
    }
  }

  weftResult_t init(weftComm_t* comm) {
    if (rank_ == 0) {
      const weftResult_t drawn = weftGetUniqueId(&*id_);
      shared_word(kId).store(drawn == weftSuccess ? kIdThere : kNoId);
      if (drawn != weftSuccess) return drawn;
    }
    while (shared_word(kId) == 0) usleep(kNapUs);
    if (shared_word(kId) == kNoId) return weftSuccess;
    return weftCommInitRank(comm, 2, *id_, rank_);
  }

  // What it calls a success is right.
  weftResult_t sum(weftComm_t comm) {
    std::vector<float>& values = values_;  // Made before: only weft is to run out of memory.
    for (size_t i = 0; i < kCount; ++i) values[i] = static_cast<float>(static_cast<size_t>(rank_ + 1) * (i % 1000));
    const auto result = weftAllReduce(values.data(), values.data(), kCount, weftFloat32, weftSum, comm, nullptr);
    int ranks = 2;  // or this one alone, after the other was taken for dead
    EXPECT_EQ(weftCommCount(comm, &ranks), weftSuccess);
    const size_t factor = ranks == 2 ? 3 : static_cast<size_t>(rank_ + 1);
    size_t wrong = 0;
    for (size_t i = 0; i < kCount; ++i) wrong += values[i] == static_cast<float>(factor * (i % 1000)) ? 0 : 1;
    if (result == weftSuccess) {
      EXPECT_EQ(wrong, 0u) << where(Phase::collective);
    }
    return result;
  }

  bool compare() {
    if (rank_ == victim_) shared_word(kFired).store(fired_.empty() ? kNo : kYes);
    meet_idly();
    const bool fired = shared_word(kFired) == kYes;
    meet_idly();
    shared_word(kId).store(0);
    shared_word(kFired).store(0);
    meet_idly();
    return fired;
  }

  std::string where(Phase phase) const {
    return fmt::format("{} of rank {}, when call {} of {} failed in {} of rank {} at\n{}",
                       kPhaseNames[static_cast<int>(phase)], rank_, nth_, name_of(call_),
                       kPhaseNames[static_cast<int>(armed_in_)], victim_, with_symbols(fired_));
  }

  const int rank_, victim_;
  Shared<weftUniqueId>& id_;
  SystemCall call_{};
  Phase armed_in_{};
  int nth_ = 0;
  std::string fired_;
  bool joined_ = false;
  std::vector<float> values_ = std::vector<float>(kCount);
};

// Whether both ranks say so.
bool both(bool good) {
  if (!good) shared_word(kBad).store(1);
  meet_idly();
  return shared_word(kBad) == 0;
}

// A root that has told everybody goes with the next call that looks for such.
std::string left_since(const Holdings& before, Phase phase) {
  const Deadline end = Deadline::after_ms(phase == Phase::init ? kRootLingersMs : kAtOnceMs);
  for (;;) {
    EXPECT_EQ(weftCommDestroy(nullptr), weftSuccess);
    std::string left = Holdings::left_since(before, std::chrono::milliseconds(0));
    if (left.empty() || end.passed()) return left;
    usleep(20'000);
  }
}

void fail_each(int rank, int victim, SystemCall call, int stride, Shared<weftUniqueId>& id) {
  Life life(rank, victim, id);
  life.live(call, Phase::init, INT32_MAX);
  const Holdings before = Holdings::now();
  for (const Phase phase : kPhases) {
    int fired = 0;
    for (int nth = 1; life.live(call, phase, nth); nth += stride) {
      ++fired;
      // The root beside a rank that has not failed stays for the one that has not come, for some seconds.
      const bool root_stays = rank != victim && phase == Phase::init;
      const std::string left = root_stays ? "" : left_since(before, phase);
      EXPECT_EQ(left, "") << nth << " in " << kPhaseNames[static_cast<int>(phase)] << "\n"
                          << with_symbols(life.fired());
      if (!both(left.empty())) return;
    }
    if (rank == victim && fired > 0) {
      std::printf("%s in %s of rank %d: %d failures\n", name_of(call), kPhaseNames[static_cast<int>(phase)], rank,
                  fired);
    }
  }
}

void fail_each(SystemCall call, int stride) {
  for (const int victim : {0, 1}) {
    Shared<weftUniqueId> id;
    const auto body = [&](int rank) {
      setenv("WEFT_INIT_TIMEOUT", kInitSeconds, 1);
      setenv("WEFT_TIMEOUT", kCallSeconds, 1);
      setenv("WEFT_DEBUG", "error", 1);
      fail_each(rank, victim, call, stride, id);
    };
    run_processes(2, body, {.limit = std::chrono::minutes(10)});
  }
}

constexpr int kAllocationStride = 41;

class NthFailure : public testing::TestWithParam<int> {};

// each system call fails at each place where it is made
// expect: two ranks that return soon and lie about nothing, and nothing left behind
TEST_P(NthFailure, ends_well) {
  const auto call = static_cast<SystemCall>(GetParam());
  fail_each(call, call == SystemCall::malloc ? kAllocationStride : 1);
}

INSTANTIATE_TEST_SUITE_P(, NthFailure, testing::Range(0, kSystemCalls),
                         [](const auto& each) { return name_of(static_cast<SystemCall>(each.param)); });

// the same for each allocation
// expect: the same
TEST(EveryAllocation, ends_well) {
  fail_each(SystemCall::malloc, 1);
}

}  // namespace
}  // namespace weft::test
