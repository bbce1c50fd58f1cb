// The connecting side of the handshake in hello.h: one attempt at one address. Any thread; blocks until its deadline.
#pragma once

#include <string>

#include "base/deadline.h"
#include "bootstrap/hello.h"
#include "bootstrap/private_fd.h"
#include "bootstrap/socket.h"

namespace weft {

// A connection whose two ends have proved to each other that they know the secret.
struct Knocked {
  PrivateFd fd;
  Hello theirs;
  bool local = false;  // a unix socket
  pid_t pid = 0;       // of the peer, on a unix socket; 0: unknown
};

enum class KnockFailure : uint8_t {
  absent,  // nobody listens there
  busy,    // nobody answered, or the connection was closed on the way: worth another attempt
  secret,  // somebody answered who has another secret
};
struct KnockError {
  KnockFailure failure;
  std::string text;
};

// Where to knock: a unix socket's name, else a TCP address.
struct Door {
  std::string unix_name;
  TcpAddress tcp;
  std::string text() const { return unix_name.empty() ? tcp.text() : "unix socket @" + unix_name; }
};

// `hello` without nonce and role. Takes at most kKnockMs, however far the deadline is.
tl::expected<Knocked, KnockError> knock(const Door& door, Hello hello, const Secret& secret, Deadline deadline);
inline constexpr int64_t kKnockMs = 2000;

// Whether anybody listens there at all; true if that cannot be found out by the deadline.
bool is_listening(const Door& door, Deadline deadline);

}  // namespace weft
