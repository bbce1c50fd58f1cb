// The way of the ranks' output: each rank's two pipes are streams, and they end in two sinks, our standard output and
// error. Lines of different ranks do not mix. A sink that takes no more makes its streams wait and nobody else.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/status.h"

namespace weft::tools {

// Where lines go. Owned by the job; the descriptor is not ours to close.
class Sink {
 public:
  explicit Sink(int fd) : fd_(fd) {}
  int fd() const { return fd_; }
  // Streams of a full sink are not watched, so at most one read of each is pending.
  bool full() const { return !pending_.empty(); }
  void append(std::string_view bytes) { pending_ += bytes; }
  // Writes what can be written without waiting. After a failure (remote_error: nobody reads any more) nothing is
  // pending.
  Status drain();

 private:
  int fd_;
  std::string pending_;
};

// One pipe of one rank. With a prefix, every line begins with it and ends in a newline, and a line longer than
// kLineBytesMax is broken; without one, bytes arrive exactly as they were written.
class Stream {
 public:
  Stream(OwnedFd fd, Sink& sink, std::string prefix) : fd_(std::move(fd)), sink_(sink), prefix_(std::move(prefix)) {}
  int fd() const { return fd_.get(); }
  bool open() const { return fd_.valid(); }
  Sink& sink() const { return sink_; }
  // Passes on the whole lines of one read. Call it when the pipe is readable.
  void pump();
  // A prompt or a progress bar: a line's beginning that has waited a while may go without its end, if it has no prefix.
  bool holds_prompt() const { return prefix_.empty() && !line_.empty(); }
  void pass_prompt() { pass(line_.size()); }
  void close();

 private:
  void pass(size_t bytes);
  OwnedFd fd_;
  Sink& sink_;
  std::string prefix_;
  std::string line_;  // read, and not passed on: at most kLineBytesMax
};

inline constexpr size_t kLineBytesMax = 65536;

}  // namespace weft::tools
