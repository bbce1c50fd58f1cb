#include "base/flight_handover.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/log.h"

namespace weft {
namespace {

constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};  // with a launcher whose inbox is full
constexpr int kStrangersMax = 64;                        // passed over in one call

struct Address {
  sockaddr_un address{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

// The first byte of an abstract name is zero.
std::optional<Address> address_of(const std::string& name) {
  Address result;
  if (name.empty() || name.size() + 1 > sizeof result.address.sun_path) return std::nullopt;
  result.address.sun_family = AF_UNIX;
  std::memcpy(result.address.sun_path + 1, name.data(), name.size());
  result.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return result;
}

// What comes with the one byte of a datagram: a descriptor, and on the way in who sent it.
struct Parcel {
  char byte = 'f';
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(ucred))] = {};
  msghdr message{};
  explicit Parcel(size_t control_bytes) {
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = control_bytes;
  }
  Parcel(const Parcel&) = delete;
  Parcel& operator=(const Parcel&) = delete;
};

bool send_fd(int socket, const Address& to, int fd) {
  Parcel parcel(CMSG_SPACE(sizeof(int)));
  parcel.message.msg_name = const_cast<sockaddr*>(to.get());
  parcel.message.msg_namelen = to.length;
  cmsghdr* const part = CMSG_FIRSTHDR(&parcel.message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
  return sendmsg(socket, &parcel.message, MSG_NOSIGNAL) == 1;
}

// The descriptor of a parcel from this user; closed if it is from another.
std::optional<OwnedFd> unpack(msghdr& message) {
  OwnedFd fd;
  bool own_user = false;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    // Each that came is closed, also where a stranger sends more than one.
    const size_t count = part->cmsg_type == SCM_RIGHTS ? (part->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
    for (size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(part) + i * sizeof number, sizeof number);
      fd = OwnedFd(number);
    }
    if (part->cmsg_type == SCM_CREDENTIALS && part->cmsg_len == CMSG_LEN(sizeof(ucred))) {
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(part), sizeof sender);
      own_user = sender.uid == getuid();
    }
  }
  if (!own_user || !fd.valid()) return std::nullopt;
  return fd;
}

}  // namespace

void hand_in_flight(int fd, const std::string& inbox) {
  const auto address = address_of(inbox);
  if (!address || fd < 0) return;
  const OwnedFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.valid()) setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  if (!socket.valid() || !send_fd(socket.get(), *address, fd)) {
    log_info("flight", "the flight recorder was not handed to {}: {}", inbox, errno_text(errno));
  }
}

Expected<OwnedFd> open_flight_inbox(const std::string& name) {
  const auto address = address_of(name);
  if (!address) return error(Code::invalid_argument, "\"{}\" cannot name a socket", name);
  OwnedFd inbox(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!inbox.valid() || setsockopt(inbox.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
      bind(inbox.get(), address->get(), address->length) != 0) {
    return error(Code::resource, "cannot make the socket {} for flight recorders: {}", name, errno_text(errno));
  }
  return inbox;
}

std::optional<OwnedFd> take_flight(const OwnedFd& inbox) {
  for (int strangers = 0; strangers < kStrangersMax; ++strangers) {
    Parcel parcel(sizeof parcel.control);
    if (recvmsg(inbox.get(), &parcel.message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0) return std::nullopt;
    if (auto fd = unpack(parcel.message)) return fd;
  }
  return std::nullopt;
}

}  // namespace weft
