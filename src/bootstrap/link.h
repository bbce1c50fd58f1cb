// The control socket to one peer process, shared by all communicators that both take part in. Owned by Control; every
// access with Control's mutex held.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/courier.h"
#include "bootstrap/frame.h"
#include "bootstrap/private_fd.h"

namespace weft {

class Link {
 public:
  // `pid`: of a peer on this host, 0 if unknown: then its death shows only in the socket.
  Link(const ProcessId& peer, PrivateFd socket, bool local, pid_t pid);
  // Tells the peer that no more comes, even if a forked child of this process still holds a copy of the socket.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  const ProcessId& peer() const { return peer_; }
  int socket() const { return socket_.get(); }
  int process() const { return process_.get(); }  // a pidfd: readable when the peer has ended; -1: not watched
  bool local() const { return local_; }           // descriptors can travel
  size_t queued_bytes() const { return queue_.queued_bytes(); }

  void push(FrameBytes frame, OwnedFd fd = OwnedFd()) { queue_.push(std::move(frame), std::move(fd)); }
  int flush() { return queue_.flush(socket_.get()); }
  bool flushed() const { return queue_.empty(); }
  FrameReader::State read(std::vector<Frame>& frames) { return reader_.read(socket_.get(), frames); }
  const std::string& broken_reason() const { return reader_.reason(); }
  void end_sending();

  uint64_t token = 0;          // names this link in epoll's events; never used again for another
  bool waits_to_send = false;  // epoll tells when there is room

 private:
  ProcessId peer_;
  PrivateFd socket_;
  PrivateFd process_;
  bool local_;
  SendQueue queue_;
  FrameReader reader_;
};

}  // namespace weft
