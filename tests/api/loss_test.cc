// What ranks learn when another one dies or leaves. Ranks are processes; a hang fails at the limit of the launch.
#include <signal.h>
#include <unistd.h>

#include "api/failure.h"

namespace weft::test {
namespace {

constexpr size_t kReady = 1, kStruckUs = 2,
                 kDone = 3;  // shared words: ranks inside, time of the blow, ranks that judged

// Once `others` ranks are ready: this rank's time of death.
void await_the_blow(uint64_t others) {
  await_word(kReady, others);
  shared_word(kStruckUs).store(static_cast<uint64_t>(now_us()));
}

// What a survivor must see of a rank that is gone: soon, by name, and again on later calls.
void expect_loss_of(weftComm_t comm, int lost, weftResult_t result) {
  const int64_t took_ms = ms_since(static_cast<int64_t>(shared_word(kStruckUs).load()));
  EXPECT_EQ(result, weftRemoteError);
  EXPECT_LT(took_ms, kAtOnceMs) << "after the blow";
  expect_text(weftGetLastError(comm), {"rank " + std::to_string(lost), std::to_string(rank_pid(lost))});
  EXPECT_EQ(sum_one(comm), weftRemoteError) << "the error sticks";
  weftResult_t async = weftSuccess;
  EXPECT_EQ(weftCommGetAsyncError(comm, &async), weftSuccess);
  EXPECT_EQ(async, weftRemoteError);
}

// a rank is killed while the three others wait for it
// expect: an error within a second that names rank and process, on all three
TEST(Loss, killed_rank) {
  SharedId id;
  run_processes(4,
                [&](int rank) {
                  weftComm_t comm = id.join(4, rank);
                  expect_sum(comm, 4);
                  if (rank == 2) {
                    await_the_blow(3);
                    kill(getpid(), SIGKILL);
                  }
                  shared_word(kReady).fetch_add(1);
                  expect_loss_of(comm, 2, sum_one(comm));
                  expect_destroyed_at_once(comm);
                },
                {.killed = {2}});
}

// a rank leaves the program without a word
// expect: the same
TEST(Loss, exited_rank) {
  SharedId id;
  run_processes(3,
                [&](int rank) {
                  weftComm_t comm = id.join(3, rank);
                  if (rank == 0) {
                    await_the_blow(2);
                    _exit(0);
                  }
                  shared_word(kReady).fetch_add(1);
                  expect_loss_of(comm, 0, sum_one(comm));
                  expect_destroyed_at_once(comm);
                },
                {.left = {0}});
}

// a rank destroys its communicator while another still wants data from it
// expect: an error that says so; what was sent before is not lost
TEST(Loss, departed_rank) {
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    expect_sum(comm, 2);
    if (rank == 0) {
      EXPECT_EQ(sum_one(comm), weftRemoteError);
      expect_text(weftGetLastError(comm), {"rank 1", "destroyed its communicator"});
    }
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    if (rank == 0) shared_word(kDone).store(1);
    await_word(kDone, 1);  // Rank 1's process outlives the wait: only its communicator is gone.
  });
}

void expect_aborted_at_once(weftComm_t comm) {
  const int64_t before_us = now_us();
  EXPECT_EQ(weftCommAbort(comm), weftSuccess) << weftGetLastError(nullptr);
  EXPECT_LT(ms_since(before_us), kAtOnceMs);
  EXPECT_EQ(weftCommDestroy(comm), weftInvalidArgument) << "abort has freed the handle";
  EXPECT_LT(ms_since(before_us), kAtOnceMs);
}

// after a rank was killed: survivors abort that saw it, and that made no call since; others destroy
// expect: all of it at once
TEST(Loss, abort_after_a_loss) {
  SharedId id;
  run_processes(4,
                [&](int rank) {
                  weftComm_t comm = id.join(4, rank);
                  expect_sum(comm, 4);
                  if (rank == 3) {
                    await_the_blow(3);
                    kill(getpid(), SIGKILL);
                  }
                  shared_word(kReady).fetch_add(1);
                  if (rank == 0) {
                    await_word(kDone, 2);
                    return expect_aborted_at_once(comm);
                  }
                  expect_loss_of(comm, 3, sum_one(comm));
                  shared_word(kDone).fetch_add(1);
                  if (rank == 1) return expect_aborted_at_once(comm);
                  expect_destroyed_at_once(comm);
                },
                {.killed = {3}});
}

}  // namespace
}  // namespace weft::test
