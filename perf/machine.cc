#include "machine.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "base/wait.h"

namespace weft::perf {
namespace {

constexpr int kBatches = 40;
constexpr int kRoundTrips = 500;
constexpr auto kHopLimit = std::chrono::milliseconds(200);

std::string processor_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

bool pin_to(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(processor), &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

// Two flags on lines of their own; 64 bytes apart would be enough but for processors that fetch lines in pairs.
struct FlagPair {
  alignas(128) std::atomic<int> there{0};
  alignas(128) std::atomic<int> back{0};
  alignas(128) std::atomic<bool> given_up{false};

  // Acquire pairs with the other side's release: nothing but the flag itself is handed over, this is the pattern weft
  // uses.
  bool await(const std::atomic<int>& flag, int value, const Deadline& deadline) {
    for (int poll = 1; flag.load(std::memory_order_acquire) != value; ++poll) {
      pause_processor();
      if (poll % 4096 == 0 && (deadline.passed() || given_up.load(std::memory_order_relaxed))) {
        given_up.store(true, std::memory_order_relaxed);
        return false;
      }
    }
    return true;
  }
};

void echo(FlagPair& flags, int processor, const Deadline& deadline) {
  if (!pin_to(processor)) {
    flags.given_up.store(true, std::memory_order_relaxed);
    return;
  }
  for (int i = 1; i <= kBatches * kRoundTrips && flags.await(flags.there, i, deadline); ++i)
    flags.back.store(i, std::memory_order_release);
}

std::vector<double> call(FlagPair& flags, int processor, const Deadline& deadline) {
  std::vector<double> nanoseconds;
  if (!pin_to(processor)) return nanoseconds;
  for (int batch = 0; batch < kBatches; ++batch) {
    const auto start = Clock::now();
    for (int i = batch * kRoundTrips + 1; i <= (batch + 1) * kRoundTrips; ++i) {
      flags.there.store(i, std::memory_order_release);
      if (!flags.await(flags.back, i, deadline)) return nanoseconds;
    }
    const std::chrono::duration<double, std::nano> passed = Clock::now() - start;
    nanoseconds.push_back(passed.count() / kRoundTrips / 2);
  }
  return nanoseconds;
}

}  // namespace

Machine this_machine() {
  utsname system{};
  uname(&system);
  std::string host = system.nodename;
  return {host.substr(0, host.find('.')), processor_model(), std::string(system.sysname) + " " + system.release,
          static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN))};
}

int current_processor() {
  return sched_getcpu();
}

std::vector<int> allowed_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> processors;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return processors;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(static_cast<unsigned>(i), &set)) processors.push_back(i);
  return processors;
}

Expected<Hop> measure_hop(int from, int to) {
  FlagPair flags;
  const Deadline deadline = Deadline::after(kHopLimit);
  std::vector<double> nanoseconds;
  std::thread echoing([&] { echo(flags, to, deadline); });
  std::thread calling([&] { nanoseconds = call(flags, from, deadline); });
  calling.join();
  flags.given_up.store(true, std::memory_order_relaxed);
  echoing.join();
  if (nanoseconds.empty())
    return error(Code::system_error, "no answer between processors {} and {} within {} ms", from, to,
                 kHopLimit.count());
  return Hop{from, to, spread_of(std::move(nanoseconds))};
}

}  // namespace weft::perf
