// What containers take away.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "api/failure.h"
#include "base/fd.h"
#include "base/status.h"

namespace weft::test {
namespace {

// Gives this process a /dev/shm of its own without a byte of room. An errno; ENOTSUP if the room could not be taken.
int take_away_shm() {
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
  if (mount("none", "/dev/shm", "tmpfs", 0, "size=4k,mode=1777") != 0) return errno;
  // A tmpfs of size 0 would be one without limit: so it has one page, and that is taken.
  const OwnedFd filler(open("/dev/shm/filler", O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (!filler.valid()) return errno;
  const std::vector<char> page(4096, 'x');
  while (write(filler.get(), page.data(), page.size()) > 0) {
  }
  return errno == ENOSPC ? 0 : ENOTSUP;
}

// In a child, because it changes the process.
int try_to_take_away_shm() {
  const pid_t child = fork();
  if (child == 0) _exit(take_away_shm());
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

// four ranks, each with a /dev/shm that is full
// expect: init and all_reduce of 1 and of 2^18 elements work
TEST(Container, without_dev_shm) {
  if (const int failed = try_to_take_away_shm(); failed != 0)
    GTEST_SKIP() << "this process may not mount a /dev/shm of its own: " << errno_text(failed);
  SharedId id;
  run_processes(4, [&](int rank) {
    ASSERT_EQ(take_away_shm(), 0);
    weftComm_t comm = id.join(4, rank);
    ASSERT_NE(comm, nullptr);
    expect_sum(comm, 4);
    const std::vector<float> in(1 << 18, static_cast<float>(rank));
    std::vector<float> out(in.size());
    ASSERT_EQ(weftAllReduce(in.data(), out.data(), in.size(), weftFloat32, weftSum, comm, nullptr), weftSuccess)
        << weftGetLastError(comm);
    EXPECT_EQ(out, std::vector<float>(in.size(), 6));
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
