// What ranks learn when another one dies, leaves, disagrees or does not come. Ranks are processes; a hang fails at the
// wall limit of the launch.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "api/processes.h"
#include "support/leaks.h"

namespace weft::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kReady = 1, kStruck = 2,
                 kDone = 3;  // shared words: ranks inside, time of the blow, ranks that have judged

int64_t now_ms() {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

weftResult_t sum_one(weftComm_t comm, size_t count = 1) {
  thread_local std::vector<float> in(1 << 10, 1), out(1 << 10);
  return weftAllReduce(in.data(), out.data(), count, weftFloat32, weftSum, comm, nullptr);
}

void expect_text(const char* text, std::initializer_list<std::string> words) {
  for (const std::string& word : words) {
    EXPECT_NE(std::string(text).find(word), std::string::npos) << "\"" << word << "\" in: " << text;
  }
}

// What a survivor must see of a rank that is gone: within a second, by name, and again on later calls.
void expect_loss_of(weftComm_t comm, int lost, weftResult_t result) {
  const int64_t took_ms = now_ms() - static_cast<int64_t>(shared_word(kStruck).load());
  EXPECT_EQ(result, weftRemoteError);
  EXPECT_LT(took_ms, 1000) << "after the blow";
  expect_text(weftGetLastError(comm), {"rank " + std::to_string(lost), std::to_string(rank_pid(lost))});
  EXPECT_EQ(sum_one(comm), weftRemoteError) << "the error sticks";
  weftResult_t async = weftSuccess;
  EXPECT_EQ(weftCommGetAsyncError(comm, &async), weftSuccess);
  EXPECT_EQ(async, weftRemoteError);
  const int64_t before_ms = now_ms();
  EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  EXPECT_LT(now_ms() - before_ms, 1000) << "destroy waits for nobody";
}

// a rank is killed while the three others wait for it
// expect: an error within a second that names rank and process, on all three
TEST(Failure, killed_rank) {
  SharedId id;
  run_processes(4,
                [&](int rank) {
                  weftComm_t comm = id.join(4, rank);
                  ASSERT_EQ(sum_one(comm), weftSuccess);
                  if (rank == 2) {
                    await_word(kReady, 3);
                    shared_word(kStruck).store(static_cast<uint64_t>(now_ms()));
                    kill(getpid(), SIGKILL);
                  }
                  shared_word(kReady).fetch_add(1);
                  const weftResult_t result = sum_one(comm);
                  expect_loss_of(comm, 2, result);
                },
                {.killed = {2}});
}

// a rank leaves the program without a word
// expect: the same
TEST(Failure, exited_rank) {
  SharedId id;
  run_processes(3,
                [&](int rank) {
                  weftComm_t comm = id.join(3, rank);
                  if (rank == 0) {
                    await_word(kReady, 2);
                    shared_word(kStruck).store(static_cast<uint64_t>(now_ms()));
                    _exit(0);
                  }
                  shared_word(kReady).fetch_add(1);
                  const weftResult_t result = sum_one(comm);
                  expect_loss_of(comm, 0, result);
                },
                {.left = {0}});
}

// a rank destroys its communicator while another still wants data from it
// expect: an error that says so; what was sent before is not lost
TEST(Failure, departed_rank) {
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    ASSERT_EQ(sum_one(comm), weftSuccess);
    if (rank == 0) {
      EXPECT_EQ(sum_one(comm), weftRemoteError);
      expect_text(weftGetLastError(comm), {"rank 1", "destroyed its communicator"});
    }
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    if (rank == 0) shared_word(kDone).store(1);
    await_word(kDone, 1);  // Rank 1's process outlives the wait: only its communicator is gone.
  });
}

using Call = weftResult_t (*)(weftComm_t comm, float* in, float* out);

// Rank `ranks - 1` makes another call than all others; every rank must get an error, and somebody must say what
// differs.
void expect_mismatch(int ranks, Call common, Call odd, const std::string& field) {
  SharedId id;
  run_processes(ranks, [&](int rank) {
    weftComm_t comm = id.join(ranks, rank);
    std::vector<float> in(1 << 16, 1), out(1 << 16);
    weftResult_t result = (rank == ranks - 1 ? odd : common)(comm, in.data(), out.data());
    if (result == weftSuccess) result = sum_one(comm);  // A rank that could not see it learns at its next call.
    EXPECT_NE(result, weftSuccess);
    const std::string text = weftGetLastError(comm);
    if (text.find("MISMATCH") != std::string::npos && text.find(field) != std::string::npos)
      shared_word(kDone).store(1);
    meet(kReady, ranks);
    EXPECT_EQ(shared_word(kDone).load(), 1u)
        << "nobody says that they differ in " << field << "; rank " << rank << ": " << text;
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// ranks that disagree in one argument, 2 and 4 of them
// expect: no hang, no success, and the field is named
TEST(Failure, mismatch) {
  const Call sum = [](weftComm_t comm, float* in, float* out) {
    return weftAllReduce(in, out, 100, weftFloat32, weftSum, comm, nullptr);
  };
  const Call other_count = [](weftComm_t comm, float* in, float* out) {
    return weftAllReduce(in, out, 101, weftFloat32, weftSum, comm, nullptr);
  };
  const Call other_type = [](weftComm_t comm, float* in, float* out) {
    return weftAllReduce(in, out, 100, weftInt32, weftSum, comm, nullptr);
  };
  const Call other_operator = [](weftComm_t comm, float* in, float* out) {
    return weftAllReduce(in, out, 100, weftFloat32, weftMax, comm, nullptr);
  };
  const Call other_collective = [](weftComm_t comm, float* in, float* out) {
    return weftAllGather(in, out, 100, weftFloat32, comm, nullptr);
  };
  for (const int ranks : {2, 4}) {
    expect_mismatch(ranks, sum, other_count, "differ in count");
    expect_mismatch(ranks, sum, other_type, "differ in datatype");
    expect_mismatch(ranks, sum, other_operator, "differ in operator");
    expect_mismatch(ranks, sum, other_collective, "differ in collective");
  }
}

// a count so different that another algorithm is chosen, and a root that differs
// expect: no hang and no success
TEST(Failure, mismatch_across_plans) {
  const Call small = [](weftComm_t comm, float* in, float* out) {
    return weftAllReduce(in, out, 1, weftFloat32, weftSum, comm, nullptr);
  };
  const Call large = [](weftComm_t comm, float* in, float* out) {
    return weftAllReduce(in, out, 60000, weftFloat32, weftSum, comm, nullptr);
  };
  const Call from_0 = [](weftComm_t comm, float* in, float* out) {
    return weftBroadcast(in, out, 100, weftFloat32, 0, comm, nullptr);
  };
  const Call from_1 = [](weftComm_t comm, float* in, float* out) {
    return weftBroadcast(in, out, 100, weftFloat32, 1, comm, nullptr);
  };
  expect_mismatch(2, small, large, "differ in");
  expect_mismatch(2, from_0, from_1, "differ in");
}

// another thread aborts while this one waits for a peer
// expect: aborted here; the peer's call fails and names this rank
TEST(Failure, abort) {
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    meet(4, 2);
    if (rank == 1) {
      await_word(kDone, 1);
      EXPECT_EQ(sum_one(comm), weftAborted);
      expect_text(weftGetLastError(comm), {"rank 0", "weftCommAbort"});
      EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
      return;
    }
    weftResult_t waited = weftSuccess;
    std::thread waiter([&] {
      shared_word(kReady).store(1);
      waited = sum_one(comm);
    });
    await_word(kReady, 1);
    // Nothing outside says that a call has begun to wait; one that has not begun by now would show in the result.
    std::this_thread::sleep_for(milliseconds(100));
    EXPECT_EQ(weftCommAbort(comm), weftSuccess) << weftGetLastError(nullptr);
    waiter.join();
    EXPECT_EQ(waited, weftAborted);
    shared_word(kDone).store(1);
  });
}

// WEFT_TIMEOUT, and a peer that never calls
// expect: a timeout that names the variable
TEST(Failure, timeout) {
  SharedId id;
  run_processes(2, [&](int rank) {
    setenv("WEFT_TIMEOUT", "0.3", 1);
    weftComm_t comm = id.join(2, rank);
    if (rank == 0) {
      const int64_t before_ms = now_ms();
      EXPECT_EQ(sum_one(comm), weftTimeout);
      EXPECT_GE(now_ms() - before_ms, 300);
      EXPECT_LT(now_ms() - before_ms, 3000);
      expect_text(weftGetLastError(comm), {"WEFT_TIMEOUT=0.3", "rank 0"});
      shared_word(kDone).store(1);
    }
    await_word(kDone, 1);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// 2 of 3 ranks come
// expect: not joined, and the missing one is named, at WEFT_INIT_TIMEOUT
TEST(Failure, rank_that_does_not_come) {
  SharedId id;
  run_processes(2, [&](int rank) {
    setenv("WEFT_INIT_TIMEOUT", "0.5", 1);
    weftComm_t comm = nullptr;
    EXPECT_EQ(id.join(&comm, 3, rank), weftNotJoined) << weftGetLastError(nullptr);
    expect_text(weftGetLastError(nullptr), {"rank 2"});
    EXPECT_EQ(comm, nullptr);
    meet(kDone, 2);
  });
}

// malformed configuration, and configuration that differs where it must not
// expect: the variable and the fix; both sides
TEST(Failure, configuration) {
  const auto init_alone_with = [](const char* name, const char* value, std::initializer_list<std::string> words) {
    run_processes(1, [&](int) {
      setenv(name, value, 1);
      weftComm_t comm = nullptr;
      EXPECT_EQ(weftCommInitAll(&comm, 1, nullptr), weftConfigMismatch);
      expect_text(weftGetLastError(nullptr), words);
    });
  };
  init_alone_with("WEFT_SLOTS", "many", {"WEFT_SLOTS", "many", "5", "64"});
  init_alone_with("WEFT_ALGO", "rign", {"rign", "ring"});
  SharedId id;
  run_processes(2, [&](int rank) {
    setenv("WEFT_SLOTS", rank == 0 ? "8" : "9", 1);
    weftComm_t comm = nullptr;
    EXPECT_EQ(id.join(&comm, 2, rank), weftConfigMismatch) << weftGetLastError(nullptr);
    expect_text(weftGetLastError(nullptr), {"WEFT_SLOTS=8", "WEFT_SLOTS=9"});
    meet(kDone, 2);
  });
}

// a fork while a communicator is there
// expect: the child's calls say so; the parent goes on
TEST(Failure, fork_of_a_rank) {
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    ASSERT_EQ(sum_one(comm), weftSuccess);
    const pid_t child = fork();
    if (child == 0) _exit(sum_one(comm) == weftForked ? 0 : 1);
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_EQ(sum_one(comm), weftSuccess) << weftGetLastError(comm);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// 50 communicators made and destroyed, one after the other, then 20 at once
// expect: nothing is left
TEST(Failure, leaves_nothing_behind) {
  run_processes(1, [&](int) {
    const auto round = [](size_t communicators) {
      std::vector<weftComm_t> comms(2 * communicators);
      for (size_t i = 0; i < communicators; ++i) ASSERT_EQ(weftCommInitAll(&comms[2 * i], 2, nullptr), weftSuccess);
      std::thread peer([&] { sum_one(comms[1]); });
      EXPECT_EQ(sum_one(comms[0]), weftSuccess);
      peer.join();
      for (weftComm_t comm : comms) ASSERT_EQ(weftCommDestroy(comm), weftSuccess);
    };
    round(1);
    const Holdings before = Holdings::now();
    for (int i = 0; i < 50; ++i) round(1);
    round(20);
    EXPECT_EQ(Holdings::left_since(before), "");
  });
}

}  // namespace
}  // namespace weft::test
