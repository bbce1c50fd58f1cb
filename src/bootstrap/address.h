// TCP addresses as plain data, and how one finds them: by name, by network interface. Any thread.
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weft {

struct TcpAddress {
  uint8_t family = 0;              // 0: none; 4; 6
  uint16_t port = 0;               // 0: the kernel chooses (listening), or not yet known
  std::array<uint8_t, 16> host{};  // network order; IPv4 uses the first four bytes

  bool valid() const { return family != 0; }
  std::string text() const;  // 10.0.0.1:4711, [fd00::1]:4711, or "none"
  auto operator<=>(const TcpAddress&) const = default;
};

// Looks a host name up, at most as long as the system's resolver takes. IPv4 is preferred.
Expected<TcpAddress> resolve(const std::string& host, uint16_t port);
// The first address of a network interface; with an empty name, the address this host uses towards its default route,
// or loopback if it has none. IPv4 is preferred. The port is 0.
Expected<TcpAddress> address_of_interface(const std::string& name);
// All addresses of this host.
inline TcpAddress any_address(uint8_t family) {
  return TcpAddress{family, 0, {}};
}
// Whether a socket of this host could be bound to it.
bool is_own_address(const TcpAddress& address);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};
SocketAddress socket_address(const TcpAddress& address);
// In Linux's abstract name space: no file, gone with its last socket.
SocketAddress socket_address(std::string_view abstract_name);
TcpAddress tcp_address(const sockaddr* address);  // the reverse; none if it is of another family

}  // namespace weft
