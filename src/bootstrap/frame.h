// What follows the proofs on a control connection: frames with a kind, a body and perhaps a file descriptor.
//   frame = body length (4 bytes) kind (1) flags (1: a descriptor comes along) zero (2) body
// A descriptor travels with the first byte of its frame (SCM_RIGHTS, unix sockets only), so descriptors arrive in the
// order of the frames that own them. Not thread-safe: the owner of the socket owns its reader and its queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/fd.h"
#include "base/status.h"

namespace weft {

enum class FrameKind : uint8_t {
  join = 1,        // a rank to the root: who I am
  roster = 2,      // the root to a rank: who all are
  refusal = 3,     // the root to a rank: why there will be no communicator
  parcel = 16,     // between processes: a message of Courier
  enroll = 17,     // a rank is ready in this communicator
  leave = 18,      // a rank has ended its membership in good order
  failure = 19,    // a rank has decided that the communicator has failed
  agreement = 20,  // between two ranks: who is gone
  ping = 21,       // between processes: are you there
  calls = 23,      // between two ranks: what did you call, what I called
  pong = 22,       // yes
};

struct Frame {
  FrameKind kind{};
  std::vector<std::byte> body;
  bool has_fd = false;
  OwnedFd fd;  // may be invalid although has_fd: this process had no number free for it
};

inline constexpr size_t kFrameHeaderBytes = 8;
using FrameBytes = std::shared_ptr<const std::vector<std::byte>>;  // shared: one broadcast is queued to many sockets
FrameBytes make_frame(FrameKind kind, std::span<const std::byte> body, bool has_fd = false);

// Frames to be sent, in order.
class SendQueue {
 public:
  void push(FrameBytes frame, OwnedFd fd = OwnedFd());
  // Sends what the socket takes without blocking. An errno if the connection is broken.
  int flush(int socket);
  bool empty() const { return frames_.empty(); }
  size_t queued_bytes() const { return queued_bytes_; }

 private:
  struct Outgoing {
    FrameBytes bytes;
    OwnedFd fd;
    size_t sent = 0;
  };
  std::deque<Outgoing> frames_;
  size_t queued_bytes_ = 0;
};

// Cuts a stream into frames.
class FrameReader {
 public:
  explicit FrameReader(size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

  enum class State : uint8_t { open, closed, broken };
  // Reads what has arrived, without blocking, and appends the complete frames. `closed`: the other side will send no
  // more; `broken`: `reason` says why nothing after the appended frames can be trusted.
  State read(int socket, std::vector<Frame>& frames);
  const std::string& reason() const { return reason_; }

 private:
  ssize_t recv_some(int socket);
  State take_frames(std::vector<Frame>& frames);
  State broken(std::string reason);

  size_t body_bytes_max_;
  std::vector<std::byte> bytes_;  // arrived, not yet a frame
  std::deque<OwnedFd> fds_;       // arrived, not yet with their frame
  std::string reason_;
};

}  // namespace weft
