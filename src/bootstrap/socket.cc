#include "bootstrap/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace weft {
namespace {

constexpr int kBacklog = 4096;     // the kernel cuts it to its own limit
constexpr int64_t kPollMs = 1000;  // between two looks at the deadline

OrErrno<PrivateFd> new_socket(const SocketAddress& address) {
  PrivateFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return tl::unexpected(errno);
  return fd;
}

OrErrno<PrivateFd> listen_at(const SocketAddress& address) {
  auto fd = new_socket(address);
  if (!fd) return fd;
  const int yes = 1;
  // A given port must be usable again at once after a job that ended; it does not allow two listeners at one time.
  if (address.storage.ss_family != AF_UNIX) setsockopt(fd->get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(fd->get(), address.get(), address.length) != 0) return tl::unexpected(errno);
  if (::listen(fd->get(), kBacklog) != 0) return tl::unexpected(errno);
  return fd;
}

bool wait_for(int fd, short events, Deadline deadline) {
  while (!deadline.passed()) {
    pollfd one{fd, events, 0};
    if (::poll(&one, 1, static_cast<int>(deadline.left_ms(kPollMs))) > 0) return true;
  }
  return false;
}

int pending_error(int fd) {
  int number = 0;
  socklen_t length = sizeof number;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &length) == 0 ? number : errno;
}

OrErrno<PrivateFd> connect_to(const SocketAddress& address, Deadline deadline) {
  auto fd = new_socket(address);
  if (!fd || ::connect(fd->get(), address.get(), address.length) == 0) return fd;
  if (errno != EINPROGRESS) return tl::unexpected(errno);
  if (!wait_for(fd->get(), POLLOUT, deadline)) return tl::unexpected(ETIMEDOUT);
  if (const int failed = pending_error(fd->get()); failed != 0) return tl::unexpected(failed);
  return fd;
}

// After a send or recv that moved nothing: 0 if it is worth trying again.
int wait_or_fail(int fd, short events, Deadline deadline) {
  if (errno == EINTR) return 0;
  if (errno != EAGAIN) return errno;
  return wait_for(fd, events, deadline) ? 0 : ETIMEDOUT;
}

}  // namespace

OrErrno<PrivateFd> listen_unix(std::string_view abstract_name) {
  return listen_at(socket_address(abstract_name));
}
OrErrno<PrivateFd> listen_tcp(const TcpAddress& address) {
  return listen_at(socket_address(address));
}

OrErrno<uint16_t> port_of(int fd) {
  SocketAddress own;
  if (::getsockname(fd, own.get(), &own.length) != 0) return tl::unexpected(errno);
  return tcp_address(own.get()).port;
}

OrErrno<PrivateFd> connect_unix(std::string_view abstract_name, Deadline deadline) {
  return connect_to(socket_address(abstract_name), deadline);
}

OrErrno<PrivateFd> connect_tcp(const TcpAddress& address, Deadline deadline) {
  auto fd = connect_to(socket_address(address), deadline);
  if (fd) send_without_delay(fd->get());
  return fd;
}

void send_without_delay(int tcp_fd) {
  const int yes = 1;
  setsockopt(tcp_fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

int send_all(int fd, std::span<const std::byte> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes = bytes.subspan(static_cast<size_t>(sent));
    } else if (const int failed = wait_or_fail(fd, POLLOUT, deadline); failed != 0) {
      return failed;
    }
  }
  return 0;
}

int recv_exactly(int fd, std::span<std::byte> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (got == 0) return ECONNRESET;
    if (got > 0) {
      bytes = bytes.subspan(static_cast<size_t>(got));
    } else if (const int failed = wait_or_fail(fd, POLLIN, deadline); failed != 0) {
      return failed;
    }
  }
  return 0;
}

bool wait_readable(int fd, Deadline deadline) {
  return wait_for(fd, POLLIN, deadline);
}

UnixPeer unix_peer(int fd) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return {};
  return {credentials.pid, credentials.uid == geteuid()};
}

}  // namespace weft
