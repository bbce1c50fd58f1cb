// Stream sockets of the control plane: close-on-exec, non-blocking, never raising SIGPIPE. What may fail for reasons
// that the caller acts on gives the errno; the caller knows whether it is an error and writes the text. Any thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tl/expected.hpp>

#include "base/deadline.h"
#include "bootstrap/address.h"
#include "bootstrap/private_fd.h"

namespace weft {

template <typename T>
using OrErrno = tl::expected<T, int>;

OrErrno<PrivateFd> listen_unix(std::string_view abstract_name);
OrErrno<PrivateFd> listen_tcp(const TcpAddress& address);
OrErrno<uint16_t> port_of(int fd);

// At most until the deadline; then ETIMEDOUT.
OrErrno<PrivateFd> connect_unix(std::string_view abstract_name, Deadline deadline);
OrErrno<PrivateFd> connect_tcp(const TcpAddress& address, Deadline deadline);
// Small control messages must not wait for each other's acknowledgements.
void send_without_delay(int tcp_fd);

// All bytes or an errno: ETIMEDOUT at the deadline, ECONNRESET when the other side has closed.
int send_all(int fd, std::span<const std::byte> bytes, Deadline deadline);
int recv_exactly(int fd, std::span<std::byte> bytes, Deadline deadline);
// False at the deadline.
bool wait_readable(int fd, Deadline deadline);

// Whom the kernel vouches for at the other end of a unix socket.
struct UnixPeer {
  pid_t pid = 0;  // 0: not visible from this process's pid namespace
  bool same_user = false;
};
UnixPeer unix_peer(int fd);

}  // namespace weft
