#include "tools/run_output.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace weft::tools {

Status Sink::drain() {
  size_t written = 0;
  while (written < pending_.size()) {
    pollfd entry{fd_, POLLOUT, 0};
    if (::poll(&entry, 1, 0) <= 0) break;
    // A pipe that polls as writable takes this much without blocking, and more would block.
    const ssize_t bytes =
        ::write(fd_, pending_.data() + written, std::min<size_t>(pending_.size() - written, PIPE_BUF));
    if (bytes < 0 && errno != EAGAIN && errno != EINTR) {
      const int number = errno;
      pending_.clear();
      return error(number == EPIPE ? Code::remote_error : Code::system_error, "cannot write to descriptor {}: {}", fd_,
                   errno_text(number));
    }
    if (bytes < 0 && errno == EAGAIN) break;
    written += bytes > 0 ? static_cast<size_t>(bytes) : 0;
  }
  pending_.erase(0, written);
  return {};
}

void Stream::pump() {
  std::array<char, kLineBytesMax> buffer;
  const ssize_t bytes = ::read(fd_.get(), buffer.data(), kLineBytesMax - line_.size());
  if (bytes < 0 && errno == EINTR) return;
  if (bytes <= 0) return close();
  line_.append(buffer.data(), static_cast<size_t>(bytes));
  const size_t newline = line_.rfind('\n');
  if (newline != std::string::npos) {
    pass(newline + 1);
  } else if (line_.size() == kLineBytesMax) {
    pass(line_.size());
  }
}

void Stream::close() {
  if (!line_.empty()) pass(line_.size());
  fd_.reset();
}

void Stream::pass(size_t bytes) {
  std::string_view rest = std::string_view(line_).substr(0, bytes);
  while (!prefix_.empty() && !rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    sink_.append(prefix_);
    sink_.append(line);
    sink_.append("\n");
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  sink_.append(rest);
  line_.erase(0, bytes);
}

}  // namespace weft::tools
