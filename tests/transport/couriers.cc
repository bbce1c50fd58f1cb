#include "transport/couriers.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace weft::test {
namespace {

OwnedFd duplicate(int fd) {
  return fd < 0 ? OwnedFd() : OwnedFd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

}  // namespace

ProcessId process_named(uint8_t number) {
  ProcessId id;
  id.bytes.fill(number);
  return id;
}

void PostOffice::put(const ProcessId& to, Topic topic, Parcel parcel) {
  std::lock_guard lock(mutex_);
  boxes_[{to, topic}].push_back(std::move(parcel));
}

std::optional<Parcel> PostOffice::take(const ProcessId& by, Topic topic) {
  std::lock_guard lock(mutex_);
  auto& box = boxes_[{by, topic}];
  if (box.empty()) return std::nullopt;
  Parcel parcel = std::move(box.front());
  box.pop_front();
  return parcel;
}

Status MemoryCourier::send(const ProcessId& to, Topic topic, std::span<const std::byte> body, int fd) {
  office_.put(to, topic, {self_, {body.begin(), body.end()}, duplicate(fd)});
  return {};
}

std::pair<OwnedFd, OwnedFd> SocketCourier::socket_pair() {
  int fds[2];
  WEFT_ASSERT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
  return {OwnedFd(fds[0]), OwnedFd(fds[1])};
}

Status SocketCourier::send(const ProcessId& to, Topic topic, std::span<const std::byte> body, int fd) {
  WEFT_ASSERT(body.size() <= kParcelBytesMax);
  if (to == self_) {
    arrived_.put(self_, topic, {self_, {body.begin(), body.end()}, duplicate(fd)});
    return {};
  }
  if (to != peer_) return error(Code::remote_error, "no link to that process");
  std::lock_guard lock(mutex_);
  Waiting waiting;
  waiting.frame.push_back(static_cast<std::byte>(topic));
  waiting.frame.insert(waiting.frame.end(), body.begin(), body.end());
  waiting.fd = duplicate(fd);
  waiting_.push_back(std::move(waiting));
  return flush();
}

std::optional<Parcel> SocketCourier::take(Topic topic) {
  {
    std::lock_guard lock(mutex_);
    if (!flush().ok()) return std::nullopt;
    receive_all();
  }
  return arrived_.take(self_, topic);
}

Status SocketCourier::flush() {
  for (; !waiting_.empty(); waiting_.pop_front()) {
    Waiting& next = waiting_.front();
    iovec part{next.frame.data(), next.frame.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (next.fd.valid()) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      const int fd = next.fd.get();
      std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    if (sendmsg(socket_.get(), &message, MSG_NOSIGNAL) >= 0) continue;
    if (errno == EAGAIN) return {};
    return error(Code::remote_error, "the link is closed: {}", errno_text(errno));
  }
  return {};
}

void SocketCourier::receive_all() {
  for (;;) {
    std::vector<std::byte> frame(kParcelBytesMax + 1);
    iovec part{frame.data(), frame.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) return;
    Parcel parcel{peer_, {frame.begin() + 1, frame.begin() + got}, OwnedFd()};
    if (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr && header->cmsg_type == SCM_RIGHTS) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
      parcel.fd = OwnedFd(fd);
    }
    arrived_.put(self_, static_cast<Topic>(frame[0]), std::move(parcel));
  }
}

}  // namespace weft::test
