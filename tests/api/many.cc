#include "api/many.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "api/failure.h"
#include "support/leaks.h"

namespace weft::test {
namespace {

constexpr int kRanks = 4;
constexpr rlim_t kDescriptors = 256;
constexpr int kWarmUp = 50;  // cycles, until allocator and system have what they keep
constexpr int kCollectiveEvery = 100;
constexpr int64_t kBytesLiveMax = 64 * 1024, kBytesCycleMax = 10;
constexpr int64_t kNoiseBytes = 64 * 1024;  // that the allocator may take or not, whatever the number of cycles
constexpr int kMappingsNoise = 16;          // the same for its arenas and for stacks of threads that have ended
constexpr std::chrono::milliseconds kPerCommunicator{100}, kAtLeast{60'000};

#if defined(WEFT_SANITIZE_address_undefined) || defined(WEFT_SANITIZE_thread)
constexpr bool kMemoryIsOurs = false;  // a sanitizer's is counted with it
#else
constexpr bool kMemoryIsOurs = true;
#endif

int entries_of(const char* folder) {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

// What this process has: the memory counts in all kinds, its memory files too.
struct Load {
  int descriptors = entries_of("/proc/self/fd"), threads = entries_of("/proc/self/task"), mappings = 0;
  int64_t bytes = 0;
  Load() {
    std::ifstream maps("/proc/self/maps"), status("/proc/self/status");
    for (std::string line; std::getline(maps, line);) ++mappings;
    for (std::string word; status >> word;) {
      if (word != "VmRSS:") continue;
      status >> bytes;
      bytes *= 1024;
    }
  }
};

// The communicators of the ranks of this process.
class Maker {
 public:
  Maker(bool processes, int rank) : processes_(processes), rank_(rank) {}
  int ranks_here() const { return processes_ ? 1 : kRanks; }

  std::array<weftComm_t, kRanks> make(Shared<weftUniqueId>& id) {
    std::array<weftComm_t, kRanks> comms{};
    if (!processes_) {
      EXPECT_EQ(weftCommInitAll(comms.data(), kRanks, nullptr), weftSuccess) << weftGetLastError(nullptr);
      return comms;
    }
    if (rank_ == 0) {
      EXPECT_EQ(weftGetUniqueId(&*id), weftSuccess) << weftGetLastError(nullptr);
    }
    meet(0, kRanks);
    EXPECT_EQ(weftCommInitRank(comms.data(), kRanks, *id, rank_), weftSuccess) << weftGetLastError(nullptr);
    meet(1, kRanks);
    return comms;
  }

  void use(const std::array<weftComm_t, kRanks>& comms) const {
    std::vector<std::thread> peers;
    for (int i = 1; i < ranks_here(); ++i) peers.emplace_back([&, i] { sum_one(comms[static_cast<size_t>(i)]); });
    expect_sum(comms[0], kRanks);
    for (std::thread& peer : peers) peer.join();
  }

  void destroy(const std::array<weftComm_t, kRanks>& comms) const {
    for (int i = 0; i < ranks_here(); ++i) EXPECT_EQ(weftCommDestroy(comms[static_cast<size_t>(i)]), weftSuccess);
  }

 private:
  const bool processes_;
  const int rank_;
};

class Rank {
 public:
  Rank(bool processes, int rank, Shared<weftUniqueId>& id) : maker_(processes, rank), rank_(rank), id_(id) {}

  void keep(int live) {
    comms_.reserve(static_cast<size_t>(live));  // Ours, not weft's.
    const auto first = maker_.make(id_);        // What the process needs for any number is not counted.
    const Load before;
    const int64_t began_us = now_us();
    for (int i = 0; i < live && !testing::Test::HasFailure(); ++i) comms_.push_back(maker_.make(id_));
    const Load full;
    const double each_us = static_cast<double>(now_us() - began_us) / live;
    const int64_t bytes = (full.bytes - before.bytes) / (live * maker_.ranks_here());
    if (rank_ == 0) {
      std::printf("%d live: %d descriptors, %d threads, %d mappings, %lld bytes each, %.0f us an init\n", live,
                  full.descriptors - before.descriptors, full.threads - before.threads, full.mappings - before.mappings,
                  static_cast<long long>(bytes), each_us);
    }
    if (kMemoryIsOurs) {
      EXPECT_LE(bytes, kBytesLiveMax);
    }
    for (size_t i = 0; i < comms_.size(); i += kCollectiveEvery) maker_.use(comms_[i]);
    for (const auto& comms : comms_) maker_.destroy(comms);
    comms_.clear();
    maker_.destroy(first);
  }

  void warm_up() {
    for (int i = 0; i < kWarmUp; ++i) turn(i);
  }

  void cycle(int cycles) {
    warm_up();
    const Load before;
    const int64_t began_us = now_us();
    for (int i = 0; i < cycles && !testing::Test::HasFailure(); ++i) turn(i);
    const double each_us = static_cast<double>(now_us() - began_us) / cycles;
    const Load after;
    const int64_t grown = after.bytes - before.bytes;
    if (rank_ == 0) {
      std::printf("%d cycles: %+d descriptors, %+d threads, %+d mappings, %+.1f bytes a cycle, %.0f us a cycle\n",
                  cycles, after.descriptors - before.descriptors, after.threads - before.threads,
                  after.mappings - before.mappings, static_cast<double>(grown) / cycles, each_us);
    }
    if (kMemoryIsOurs) {
      EXPECT_LE(grown, std::max(kNoiseBytes, kBytesCycleMax * cycles));
    }
    EXPECT_LE(after.mappings - before.mappings, kMappingsNoise);
  }

 private:
  void turn(int number) {
    const auto comms = maker_.make(id_);
    if (number % kCollectiveEvery == 0) maker_.use(comms);
    maker_.destroy(comms);
  }
  Maker maker_;
  const int rank_;
  Shared<weftUniqueId>& id_;
  std::vector<std::array<weftComm_t, kRanks>> comms_;
};

}  // namespace

void many_communicators(bool processes, int live, int cycles) {
  Shared<weftUniqueId> id;
  const Expect expect{.limit = std::max(kAtLeast, kPerCommunicator * (live + cycles))};
  run_processes(
      processes ? kRanks : 1,
      [&](int number) {
        const rlimit limit{kDescriptors, kDescriptors};
        ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
        Rank rank(processes, number, id);
        rank.warm_up();
        const Holdings before = Holdings::now();
        rank.keep(live);
        EXPECT_EQ(Holdings::left_since(before), "");
        rank.cycle(cycles);
        EXPECT_EQ(Holdings::left_since(before), "");
      },
      expect);
}

}  // namespace weft::test
