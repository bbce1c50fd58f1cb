// A fork while a communicator is there. What the child expects, its parent's rank says.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "api/failure.h"

namespace weft::test {
namespace {

// Every public call that takes a communicator, but weftGetLastError.
std::vector<std::pair<const char*, weftResult_t>> call_all(weftComm_t comm) {
  const std::array<float, 8> in{};
  std::array<float, 8> out{};
  int number = 0;
  weftResult_t async = weftSuccess;
  weftComm_t other = nullptr;
  weftFailure_t failure{};
  return {
      {"weftAllReduce", weftAllReduce(in.data(), out.data(), 1, weftFloat32, weftSum, comm, nullptr)},
      {"weftReduceScatter", weftReduceScatter(in.data(), out.data(), 1, weftFloat32, weftSum, comm, nullptr)},
      {"weftAllGather", weftAllGather(in.data(), out.data(), 1, weftFloat32, comm, nullptr)},
      {"weftBroadcast", weftBroadcast(in.data(), out.data(), 1, weftFloat32, 0, comm, nullptr)},
      {"weftReduce", weftReduce(in.data(), out.data(), 1, weftFloat32, weftSum, 0, comm, nullptr)},
      {"weftCommCount", weftCommCount(comm, &number)},
      {"weftCommUserRank", weftCommUserRank(comm, &number)},
      {"weftCommGetAsyncError", weftCommGetAsyncError(comm, &async)},
      {"weftCommRevoke", weftCommRevoke(comm)},
      {"weftCommShrink", weftCommShrink(comm, &other)},
      {"weftCommGetFailure", weftCommGetFailure(comm, &failure, nullptr, 0)},
      {"weftCommDestroy", weftCommDestroy(comm)},
      {"weftCommAbort", weftCommAbort(comm)},
  };
}

void expect_forked(weftComm_t comm) {
  const int64_t before_us = now_us();
  for (const auto& [name, result] : call_all(comm)) EXPECT_EQ(result, weftForked) << name;
  EXPECT_LT(ms_since(before_us), kAtOnceMs);
  expect_text(weftGetLastError(comm), {"weftCommAbort", "parent", "fork"});
}

void fork_and_wait(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// each rank forks, and the child makes every call
// expect: weftForked from all of them at once; the parents go on
TEST(Fork, every_call) {
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    expect_sum(comm, 2);
    fork_and_wait([&] { expect_forked(comm); });
    expect_sum(comm, 2);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// the child of a rank makes a communicator of its own
// expect: it works, and so does the parent's
TEST(Fork, child_with_its_own) {
#ifdef WEFT_SANITIZE_thread
  GTEST_SKIP() << "ThreadSanitizer allows no threads in the child of a process with threads";
#endif
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    expect_sum(comm, 2);
    fork_and_wait([] {
      weftComm_t own = nullptr;
      EXPECT_EQ(weftCommInitAll(&own, 1, nullptr), weftSuccess) << weftGetLastError(nullptr);
      expect_sum(own, 1);
      EXPECT_EQ(weftCommDestroy(own), weftSuccess);
    });
    expect_sum(comm, 2);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
