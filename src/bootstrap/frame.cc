#include "bootstrap/frame.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "bootstrap/wire.h"

namespace weft {
namespace {

constexpr uint8_t kFlagFd = 1;
constexpr size_t kReadBytes = 16384;
constexpr int kReadsMax = 64;  // in one go, so that one busy connection does not keep the thread from the others

struct FdSpace {
  alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(int))] = {};
};

ssize_t send_with_fd(int socket, std::span<const std::byte> bytes, int fd) {
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  FdSpace space;
  if (fd >= 0) {
    message.msg_control = space.bytes;
    message.msg_controllen = sizeof space.bytes;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void keep_fds(msghdr& message, std::deque<OwnedFd>& fds) {
  bool any = false;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    // A frame brings one at most, but the kernel hands over as many as fit in the space, and each is ours to close.
    for (size_t at = 0; at + CMSG_LEN(sizeof(int)) <= header->cmsg_len; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
      fds.emplace_back(fd);
      any = true;
    }
  }
  // One came, but this process has no number left for it. Its place in the order must stay.
  if (!any && (message.msg_flags & MSG_CTRUNC) != 0) fds.emplace_back();
}

}  // namespace

FrameBytes make_frame(FrameKind kind, std::span<const std::byte> body, bool has_fd) {
  ByteWriter writer;
  writer.number(static_cast<uint32_t>(body.size())).number(static_cast<uint8_t>(kind));
  writer.number(has_fd ? kFlagFd : uint8_t{0}).number(uint16_t{0}).raw(body);
  return std::make_shared<const std::vector<std::byte>>(writer.take());
}

void SendQueue::push(FrameBytes frame, OwnedFd fd) {
  queued_bytes_ += frame->size();
  frames_.push_back({std::move(frame), std::move(fd), 0});
}

int SendQueue::flush(int socket) {
  while (!frames_.empty()) {
    Outgoing& first = frames_.front();
    const auto left = std::span(*first.bytes).subspan(first.sent);
    const ssize_t sent = send_with_fd(socket, left, first.fd.get());
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN ? 0 : errno;
    first.fd.reset();  // It went with the first bytes.
    first.sent += static_cast<size_t>(sent);
    queued_bytes_ -= static_cast<size_t>(sent);
    if (first.sent == first.bytes->size()) frames_.pop_front();
  }
  return 0;
}

FrameReader::State FrameReader::read(int socket, std::vector<Frame>& frames) {
  for (int reads = 0; reads < kReadsMax; ++reads) {
    const ssize_t got = recv_some(socket);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return State::open;
    if (got < 0) return broken(errno_text(errno));
    if (got == 0) return State::closed;
    if (const State state = take_frames(frames); state != State::open) return state;
  }
  return State::open;
}

ssize_t FrameReader::recv_some(int socket) {
  const size_t before = bytes_.size();
  bytes_.resize(before + kReadBytes);
  iovec part{bytes_.data() + before, kReadBytes};
  FdSpace space;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.bytes;
  message.msg_controllen = sizeof space.bytes;
  const ssize_t got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  bytes_.resize(before + static_cast<size_t>(got > 0 ? got : 0));
  if (got > 0) keep_fds(message, fds_);
  return got;
}

FrameReader::State FrameReader::take_frames(std::vector<Frame>& frames) {
  size_t at = 0;
  while (bytes_.size() - at >= kFrameHeaderBytes) {
    ByteReader header(std::span<const std::byte>(bytes_).subspan(at));
    const size_t length = header.number<uint32_t>();
    Frame frame;
    frame.kind = static_cast<FrameKind>(header.number<uint8_t>());
    frame.has_fd = (header.number<uint8_t>() & kFlagFd) != 0;
    if (length > body_bytes_max_)
      return broken(fmt::format("it announced a frame of {} bytes, the limit is {}", length, body_bytes_max_));
    if (bytes_.size() - at - kFrameHeaderBytes < length) break;
    if (frame.has_fd) {
      if (fds_.empty()) return broken("a frame came without the descriptor that it announced");
      frame.fd = std::move(fds_.front());
      fds_.pop_front();
    }
    const auto body = std::span<const std::byte>(bytes_).subspan(at + kFrameHeaderBytes, length);
    frame.body.assign(body.begin(), body.end());
    frames.push_back(std::move(frame));
    at += kFrameHeaderBytes + length;
  }
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(at));
  // A descriptor comes with the first byte of its frame, so at most the frame under way has one.
  return fds_.size() > 1 ? broken("more descriptors came than frames that own them") : State::open;
}

FrameReader::State FrameReader::broken(std::string reason) {
  reason_ = std::move(reason);
  return State::broken;
}

}  // namespace weft
