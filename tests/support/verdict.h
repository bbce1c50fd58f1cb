// What a rank process says about itself, through a pipe of its own: its failures as they happen, then that its body
// returned. Written by the child, read by the parent.
#pragma once

#include <gtest/gtest-spi.h>

#include <string>
#include <vector>

#include "base/fd.h"

namespace weft::test {

struct RankFailure {
  std::string file;
  int line = 0;
  std::string text;
};

struct Verdict {
  std::vector<RankFailure> failures;
  bool returned = false;
};

// Child: while it lives, failures of all threads go into the pipe instead of gtest's own records. They are sent at
// once, so that a rank that dies later has still told them.
class FailureWriter {
 public:
  explicit FailureWriter(int fd)
      : all_(fd, Reporter::INTERCEPT_ALL_THREADS), mine_(fd, Reporter::INTERCEPT_ONLY_CURRENT_THREAD) {}

 private:
  class Reporter : public ::testing::ScopedFakeTestPartResultReporter {
   public:
    Reporter(int fd, InterceptMode mode) : ScopedFakeTestPartResultReporter(mode, &unused_), fd_(fd) {}
    void ReportTestPartResult(const ::testing::TestPartResult& result) override;

   private:
    ::testing::TestPartResultArray unused_;
    int fd_;
  };
  Reporter all_, mine_;
};

void write_failure(int fd, const RankFailure& failure);
void write_returned(int fd);

// Parent: takes the bytes of one rank's pipe in pieces of any size.
class VerdictReader {
 public:
  void take(const char* bytes, size_t count);
  const Verdict& verdict() const { return verdict_; }

 private:
  std::string pending_;
  Verdict verdict_;
};

}  // namespace weft::test
