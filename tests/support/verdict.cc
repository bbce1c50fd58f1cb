#include "support/verdict.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>

namespace weft::test {
namespace {

// A record: 'F' file NUL line NUL text NUL, or 'R'. Texts hold no NUL: they were C strings.
void write_all(int fd, const std::string& bytes) {
  static std::mutex mutex;  // two threads of a rank may fail at once
  std::lock_guard lock(mutex);
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = write(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) _exit(1);  // The parent is gone, or the pipe is: nobody is left to tell.
    done += static_cast<size_t>(count);
  }
}

// The field that starts at `at`, which is moved behind its NUL; false if the NUL has not come yet.
bool take_field(const std::string& bytes, size_t& at, std::string& field) {
  const size_t end = bytes.find('\0', at);
  if (end == std::string::npos) return false;
  field = bytes.substr(at, end - at);
  at = end + 1;
  return true;
}

}  // namespace

void FailureWriter::Reporter::ReportTestPartResult(const ::testing::TestPartResult& result) {
  if (!result.failed()) return;
  write_failure(fd_, {result.file_name() == nullptr ? "" : result.file_name(), result.line_number(), result.message()});
}

void write_failure(int fd, const RankFailure& failure) {
  std::string record = "F" + failure.file;
  record += '\0';
  record += std::to_string(failure.line);
  record += '\0';
  record += failure.text.c_str();
  record += '\0';
  write_all(fd, record);
}

void write_returned(int fd) {
  write_all(fd, "R");
}

void VerdictReader::take(const char* bytes, size_t count) {
  pending_.append(bytes, count);
  while (!pending_.empty()) {
    size_t at = 1;
    if (pending_[0] == 'R') {
      verdict_.returned = true;
    } else {
      RankFailure failure;
      std::string line;
      if (!take_field(pending_, at, failure.file) || !take_field(pending_, at, line) ||
          !take_field(pending_, at, failure.text))
        return;
      failure.line = std::atoi(line.c_str());
      verdict_.failures.push_back(std::move(failure));
    }
    pending_.erase(0, at);
  }
}

}  // namespace weft::test
