#include "base/fork.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weft {
namespace {

// a child and its own child, after the first call in the parent
// expect: each differs from all of its ancestors; the parent's number stays
TEST(Fork, generations_differ) {
  const uint32_t parents = fork_generation();
  EXPECT_EQ(fork_generation(), parents);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const uint32_t own = fork_generation();
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(fork_generation() != own && fork_generation() != parents ? 0 : 1);
    int status = -1;
    const bool reaped = waitpid(grandchild, &status, 0) == grandchild;
    _exit(reaped && status == 0 && own != parents ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(fork_generation(), parents);
}

}  // namespace
}  // namespace weft
