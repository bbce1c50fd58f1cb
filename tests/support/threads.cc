// Ranks as threads of this process.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "base/assert.h"
#include "base/deadline.h"
#include "base/fd.h"
#include "support/board.h"
#include "support/stacks.h"

namespace weft::test {
namespace {

void run_rank(const RankBody& body, int rank, int done_fd) {
  {
    SCOPED_TRACE("rank " + std::to_string(rank));
    try {
      body(rank);
    } catch (const std::exception& thrown) {
      ADD_FAILURE() << "threw " << thrown.what();
    }
  }
  const uint64_t one = 1;
  WEFT_ASSERT(write(done_fd, &one, sizeof one) == sizeof one);
}

// False if the limit was over before all had finished.
bool all_finish(int ranks, int done_fd, Deadline deadline) {
  for (uint64_t finished = 0; finished < static_cast<uint64_t>(ranks);) {
    pollfd wanted{done_fd, POLLIN, 0};
    if (poll(&wanted, 1, static_cast<int>(deadline.left_ms(1000))) > 0) {
      uint64_t more = 0;
      WEFT_ASSERT(read(done_fd, &more, sizeof more) == sizeof more);
      finished += more;
    } else if (deadline.passed()) {
      return false;
    }
  }
  return true;
}

}  // namespace

void run_threads(int ranks, const RankBody& body, const Expect& expect) {
  WEFT_ASSERT(ranks >= 1 && ranks <= kRanksMax && expect.killed.empty() && expect.left.empty());
  const BoardOwner owner;
  StackWatch watch;
  const OwnedFd done(eventfd(0, EFD_CLOEXEC));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) threads.emplace_back(run_rank, std::cref(body), rank, done.get());
  if (!all_finish(ranks, done.get(), Deadline::after(expect.limit))) {
    std::fprintf(stderr, "limit of %lld ms is over; the threads of this process:\n%s",
                 static_cast<long long>(expect.limit.count()), watch.stacks_of(getpid()).c_str());
    std::fflush(nullptr);
    _exit(1);
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace weft::test
