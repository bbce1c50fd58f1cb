// What weft says a communicator failed of, one injected cause for each verdict. Death, departure and abort have tests
// of their own beside those of what follows from them.
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include "api/failure.h"

namespace weft::test {
namespace {

constexpr size_t kEnd = 1, kFailed = 2, kEntered = 3;  // shared words

weftFailure_t failure_of(weftComm_t comm) {
  weftFailure_t failure{};
  EXPECT_EQ(weftCommGetFailure(comm, &failure, nullptr, 0), weftSuccess);
  return failure;
}

void expect_verdict(weftComm_t comm, weftResult_t result, weftVerdict_t verdict,
                    std::initializer_list<std::string_view> words) {
  EXPECT_EQ(failure_of(comm).result, result);
  EXPECT_EQ(failure_of(comm).verdict, verdict) << weftGetLastError(comm);
  expect_text(weftGetLastError(comm), words);
}

// a rank of three does something else until the others have given up
// expect: NotJoined on all, with its name and what it did last
TEST(Verdict, not_joined) {
  SharedId id;
  run_processes(3, [&](int rank) {
    setenv("WEFT_TIMEOUT", "0.3", 1);
    weftComm_t comm = id.join(3, rank);
    expect_sum(comm, 3);
    if (rank == 1) {
      await_word(kFailed, 2);
      while (failure_of(comm).verdict == weftVerdictNone) continue;  // It is being told.
    }
    EXPECT_EQ(sum_one(comm), weftTimeout);
    shared_word(kFailed).fetch_add(1);
    expect_verdict(comm, weftTimeout, weftVerdictNotJoined,
                   {"all_reduce #2 float32", "limit of 0.3 s", "rank 1 (", "has not entered it (NOT_JOINED)"});
    meet(kEnd, 3);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// one rank makes one call more than the others, which destroy their communicators
// expect: Left on it; the others are content
TEST(Verdict, left) {
  SharedId id;
  run_processes(3, [&](int rank) {
    weftComm_t comm = id.join(3, rank);
    expect_sum(comm, 3);
    if (rank == 1) {
      EXPECT_EQ(sum_one(comm), weftRemoteError);
      expect_verdict(comm, weftRemoteError, weftVerdictLeft,
                     {"all_reduce #2 float32", "has destroyed its communicator"});
    }
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// the same, but they only do not come again
// expect: NotJoined on it when its time is over, and as an error that waits on the others
TEST(Verdict, extra_call) {
  SharedId id;
  run_processes(3, [&](int rank) {
    setenv("WEFT_TIMEOUT", "0.2", 1);
    weftComm_t comm = id.join(3, rank);
    expect_sum(comm, 3);
    if (rank == 1) {
      EXPECT_EQ(sum_one(comm), weftTimeout);
      shared_word(kFailed).store(1);
    }
    await_word(kFailed, 1);
    weftResult_t error = weftSuccess;
    for (const int64_t from_us = now_us(); error == weftSuccess && ms_since(from_us) < kAtOnceMs;)
      EXPECT_EQ(weftCommGetAsyncError(comm, &error), weftSuccess);
    expect_verdict(comm, weftTimeout, weftVerdictNotJoined,
                   {"all_reduce #2 float32", "ranks 0, 2 have not entered it"});
    meet(kEnd, 3);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// rank 0 calls on communicator A, rank 1 on B, each the first call there
// expect: OrderCycle on both, with both communicators
TEST(Verdict, order_cycle) {
  SharedId id;
  Shared<weftUniqueId> second;
  run_processes(2, [&](int rank) {
    setenv("WEFT_TIMEOUT", "0.5", 1);
    weftComm_t one = id.join(2, rank), other = nullptr;
    if (rank == 0) {
      EXPECT_EQ(weftGetUniqueId(&*second), weftSuccess);
    }
    expect_sum(one, 2);
    ASSERT_EQ(weftCommInitRank(&other, 2, *second, rank), weftSuccess) << weftGetLastError(nullptr);
    weftComm_t mine = rank == 0 ? one : other;
    EXPECT_EQ(sum_one(mine), weftTimeout);
    // The first communicator has had a call before.
    const std::string other_rank = fmt::format("rank {} (", 1 - rank);
    const std::string there = fmt::format("waits in #{} of communicator ", rank == 0 ? 1 : 2);
    const std::string here = fmt::format("in #{} of communicator ", rank == 0 ? 2 : 1);
    expect_verdict(mine, weftTimeout, weftVerdictOrderCycle, {other_rank, there, here, "(ORDER_CYCLE)"});
    meet(kEnd, 2);
    EXPECT_EQ(weftCommDestroy(one), weftSuccess);
    EXPECT_EQ(weftCommDestroy(other), weftSuccess);
  });
}

// a rank is stopped, and the deadline of the others' call is sooner than the one for silence
// expect: Stopped on those, with its name
TEST(Verdict, stopped) {
  SharedId id;
  run_processes(3, [&](int rank) {
    setenv("WEFT_TIMEOUT", "1.5", 1);
    weftComm_t comm = id.join(3, rank);
    expect_sum(comm, 3);
    if (rank == 2) {
      await_word(kEntered, 2);
      kill(getpid(), SIGSTOP);
    } else {
      shared_word(kEntered).fetch_add(1);
      EXPECT_EQ(sum_one(comm), weftTimeout);
      expect_verdict(comm, weftTimeout, weftVerdictStopped, {"rank 2 (", "does not answer", "(STOPPED)"});
      if (shared_word(kFailed).fetch_add(1) == 1) kill(rank_pid(2), SIGCONT);
    }
    meet(kEnd, 3);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// A frame of a kind that there is not, on all control connections of this process.
void speak_nonsense() {
  constexpr unsigned char kFrame[8] = {0, 0, 0, 0, 99, 0, 0, 0};
  for (int fd = 3; fd < 256; ++fd) {
    int domain = 0, type = 0;
    socklen_t size = sizeof domain, type_size = sizeof type;
    sockaddr_un peer{};
    socklen_t peer_size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX) continue;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0 || type != SOCK_STREAM) continue;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) continue;
    send(fd, kFrame, sizeof kFrame, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

// a process sends a frame that nobody understands on its control connection
// expect: Corrupt on the other one, which goes on without it. (Of two others the second may first hear that the first
// is gone: it has cut off the speaker, who takes that for a death.)
TEST(Verdict, corrupt) {
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    expect_sum(comm, 2);
    meet(kEntered, 2);
    if (rank == 1) {
      speak_nonsense();
      meet(kEnd, 2);
      EXPECT_NE(sum_one(comm), weftSuccess);
      EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
      return;
    }
    EXPECT_EQ(sum_one(comm), weftRemoteError);
    expect_verdict(comm, weftRemoteError, weftVerdictCorrupt, {"rank 1 (", "sent what makes no sense", "kind 99"});
    EXPECT_EQ(failure_of(comm).failed_count, 1);
    weftComm_t smaller = nullptr;
    EXPECT_EQ(weftCommShrink(comm, &smaller), weftSuccess) << weftGetLastError(nullptr);
    expect_sum(smaller, 1);
    meet(kEnd, 2);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    EXPECT_EQ(weftCommDestroy(smaller), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
