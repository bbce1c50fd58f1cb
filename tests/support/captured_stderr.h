// What a process writes to stderr, for tests of what it says there.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/fd.h"

namespace weft::test {

// While it lives, stderr of this process and of its children goes to a file that all of them can read. Any thread.
class CapturedStderr {
 public:
  CapturedStderr() : file_(memfd_create("stderr", MFD_CLOEXEC)), saved_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) {
    std::fflush(stderr);
    dup2(file_.get(), STDERR_FILENO);
  }
  ~CapturedStderr() {
    std::fflush(stderr);
    dup2(saved_.get(), STDERR_FILENO);
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  std::string text() const {
    std::string all(size_t{1} << 16, '\0');
    all.resize(static_cast<size_t>(std::max<ssize_t>(0, pread(file_.get(), all.data(), all.size(), 0))));
    return all;
  }

 private:
  OwnedFd file_, saved_;
};

}  // namespace weft::test
