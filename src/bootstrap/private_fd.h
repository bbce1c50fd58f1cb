// A file descriptor that belongs to this process alone: a forked child closes its copy at once, so that a peer of the
// parent sees the connection end when the parent dies, whoever its children are. In the child the object is inert.
// One owner; `get` and `reset` by whoever may use the owner.
#pragma once

#include <cstdint>
#include <utility>

namespace weft {

class PrivateFd {
 public:
  PrivateFd() = default;
  explicit PrivateFd(int fd);  // invalid, with an errno, if there is no memory to remember it
  PrivateFd(PrivateFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)), generation_(other.generation_) {}
  PrivateFd& operator=(PrivateFd&& other) noexcept;
  ~PrivateFd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  bool inherited() const;  // made by an ancestor of this process: closed here, whatever `get` says
  void reset();

 private:
  int fd_ = -1;
  uint32_t generation_ = 0;
};

}  // namespace weft
