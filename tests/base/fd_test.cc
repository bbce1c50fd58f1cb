#include "base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

namespace weft {
namespace {

int open_one() {
  return memfd_create("fd_test", MFD_CLOEXEC);
}
bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

// nothing owned
// expect: not valid; resetting does nothing
TEST(OwnedFd, empty) {
  OwnedFd fd;
  EXPECT_FALSE(fd.valid());
  EXPECT_EQ(fd.get(), -1);
  fd.reset();
}

// an owner that ends
// expect: closed
TEST(OwnedFd, closes) {
  const int number = open_one();
  {
    const OwnedFd fd(number);
    EXPECT_TRUE(fd.valid());
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

// moved by construction, by assignment over another, and onto itself
// expect: one owner at any time; what was overwritten is closed; the last one stays open
TEST(OwnedFd, moves) {
  const int first = open_one(), second = open_one();
  OwnedFd a(first), b(second);
  OwnedFd c(std::move(a));
  EXPECT_EQ(c.get(), first);
  c = std::move(b);
  EXPECT_FALSE(is_open(first));
  EXPECT_EQ(c.get(), second);
  OwnedFd& itself = c;
  c = std::move(itself);
  EXPECT_TRUE(is_open(second));
}

// released
// expect: the caller owns it
TEST(OwnedFd, releases) {
  const int number = open_one();
  {
    OwnedFd fd(number);
    EXPECT_EQ(fd.release(), number);
    EXPECT_FALSE(fd.valid());
  }
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

}  // namespace
}  // namespace weft
