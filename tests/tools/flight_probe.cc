// Ranks of which rank 0 leaves the others alone in their third collective:
//   flight_probe kill     it kills the last rank there, then ends with status 3
//   flight_probe exit     it ends with status 3
//   flight_probe good     it comes too, and all end well
//   flight_probe slow     the same, and rank 1 is late to each of 30 further ones
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/fd.h"
#include "base/flight_record.h"
#include "weft/weft.h"

namespace {

constexpr int kLimitMs = 60'000;
constexpr uint32_t kThird = 3;
constexpr int kFurther = 30;
constexpr useconds_t kLateUs = 10'000;  // more than a busy machine delays the others by, mostly

bool fail(const char* what) {
  std::fprintf(stderr, "flight_probe: %s: %s\n", what, weftGetLastError(nullptr));
  return false;
}

// Looks at the flight recorder of a running process, as `weft trace /proc/PID/fd/N` does.
bool is_in_third(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  DIR* const listing = opendir(folder.c_str());
  bool found = false;
  while (const dirent* entry = listing == nullptr ? nullptr : readdir(listing)) {
    const std::string path = folder + "/" + entry->d_name;
    std::array<char, 64> target{};
    if (readlink(path.c_str(), target.data(), target.size() - 1) <= 0) continue;
    if (!std::string_view(target.data()).starts_with("/memfd:weft-flight")) continue;
    const weft::OwnedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    for (const weft::FlightRecord& record : weft::read_flight_records(fd.get(), path).records)
      found = found || (record.under_way() != nullptr && record.under_way()->sequence() == kThird);
  }
  if (listing != nullptr) closedir(listing);
  return found;
}

bool await_others(const std::vector<int>& pids) {
  const auto deadline = weft::Deadline::after_ms(kLimitMs);
  for (size_t rank = 1; rank < pids.size(); ++rank) {
    while (!is_in_third(pids[rank])) {
      if (deadline.passed()) return false;
      usleep(1000);
    }
  }
  return true;
}

bool run(std::string_view mode, weftComm_t comm, int rank, int ranks) {
  std::vector<int> pids(static_cast<size_t>(ranks));
  const int mine = getpid();
  if (weftAllGather(&mine, pids.data(), 1, weftInt32, comm, nullptr) != weftSuccess) return fail("first");
  std::vector<float> values(4096, 1), sums(4096);
  if (weftBroadcast(values.data(), values.data(), 100, weftFloat32, 1, comm, nullptr) != weftSuccess)
    return fail("second");
  if (rank == 0 && (mode == "kill" || mode == "exit")) {
    if (!await_others(pids)) return fail("the others are not in their third collective");
    if (mode == "kill") kill(pids.back(), SIGKILL);
    _exit(3);
  }
  const auto result = weftAllReduce(values.data(), sums.data(), values.size(), weftFloat32, weftSum, comm, nullptr);
  if (result != weftSuccess) return fail("third");
  for (int i = 0; i < kFurther && mode == "slow"; ++i) {
    if (rank == 1) usleep(kLateUs);
    if (weftAllReduce(values.data(), sums.data(), 1, weftFloat32, weftSum, comm, nullptr) != weftSuccess)
      return fail("a further one");
  }
  return true;
}

}  // namespace

int main(int count, char** words) {
  weftComm_t comm = nullptr;
  int rank = 0, ranks = 0;
  if (count != 2 || weftCommInitEnv(&comm) != weftSuccess || weftCommUserRank(comm, &rank) != weftSuccess ||
      weftCommCount(comm, &ranks) != weftSuccess) {
    return fail("init"), 2;
  }
  const bool good = run(words[1], comm, rank, ranks);
  weftCommDestroy(comm);
  return good ? 0 : 1;
}
