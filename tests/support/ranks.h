// Runs the ranks of a test, as threads or as forked processes, and turns what they say into failures of that test.
//
// A rank passes when its body returns without a failed expectation. Processes tell their failures through a pipe that
// weft never sees, so a broken library cannot fake a pass; a rank that dies or leaves early is a failure that names the
// signal or the exit status. When the limit is over, the stacks of all threads of all ranks are printed and the test
// fails.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace weft::test {

struct Expect {
  std::vector<int> killed{};    // ranks that must die by a signal; what they said before is still judged
  std::vector<int> left{};      // ranks that must call exit or _exit instead of returning
  std::map<int, int> status{};  // of these, where it matters: by which signal, with which exit status
  std::chrono::milliseconds limit{60'000};
};

using RankBody = std::function<void(int rank)>;

// Failures carry "rank N". Threads cannot be killed: when the limit is over, this process ends with status 1.
void run_threads(int ranks, const RankBody& body, const Expect& expect = {});

// Forks; the caller must have no other threads. Leaves no child, group or descriptor behind. The body runs in a copy of
// this process: what it changes in memory is not seen here.
void run_processes(int ranks, const RankBody& body, const Expect& expect = {});

// For tests of both.
inline void run_ranks(bool processes, int ranks, const RankBody& body, const Expect& expect = {}) {
  return processes ? run_processes(ranks, body, expect) : run_threads(ranks, body, expect);
}

// For bodies, while they run. The process of a rank: to kill it, or to look at it.
pid_t rank_pid(int rank);

// Words that all ranks of the launch share, 0 at its start: for order between ranks without sleeping and without weft.
inline constexpr size_t kSharedWords = 64;
std::atomic<uint64_t>& shared_word(size_t index);
void await_word(size_t index, uint64_t at_least);  // as long as the launch's limit allows
// Waits until all `ranks` have come to this word; they may meet there again and again.
void meet(size_t index, int ranks);

}  // namespace weft::test
