#include "bootstrap/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>

#include "base/assert.h"
#include "base/fd.h"

namespace weft {
namespace {

TcpAddress loopback() {
  return TcpAddress{4, 0, {127, 0, 0, 1}};
}

// What the kernel would use as source towards a far address. Connecting a datagram socket sends nothing.
TcpAddress source_towards(const TcpAddress& far) {
  const SocketAddress target = socket_address(far);
  OwnedFd fd(::socket(target.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  SocketAddress own;
  if (!fd.valid() || ::connect(fd.get(), target.get(), target.length) != 0) return {};
  if (::getsockname(fd.get(), own.get(), &own.length) != 0) return {};
  TcpAddress source = tcp_address(own.get());
  source.port = 0;
  return source;
}

TcpAddress default_address() {
  const TcpAddress far4{4, 9, {198, 51, 100, 1}};  // both are reserved for documentation
  const TcpAddress far6{6, 9, {0x20, 0x01, 0x0d, 0xb8, 0, 1}};
  for (const TcpAddress& far : {far4, far6}) {
    const TcpAddress source = source_towards(far);
    if (source.valid()) return source;
  }
  return loopback();
}

using Interfaces = std::unique_ptr<ifaddrs, decltype(&freeifaddrs)>;

Interfaces interfaces() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) first = nullptr;
  return {first, freeifaddrs};
}

// Link-local IPv6 addresses mean nothing without the interface they belong to, so they cannot be told to others.
bool can_be_told(const TcpAddress& address) {
  return address.valid() && !(address.family == 6 && address.host[0] == 0xfe && (address.host[1] & 0xc0) == 0x80);
}

}  // namespace

std::string TcpAddress::text() const {
  if (!valid()) return "none";
  char buffer[INET6_ADDRSTRLEN] = {};
  inet_ntop(family == 4 ? AF_INET : AF_INET6, host.data(), buffer, sizeof buffer);
  return family == 4 ? fmt::format("{}:{}", buffer, port) : fmt::format("[{}]:{}", buffer, port);
}

Expected<TcpAddress> resolve(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  for (const int family : {AF_INET, AF_UNSPEC}) {
    hints.ai_family = family;
    addrinfo* first = nullptr;
    const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &first);
    if (failed != 0 && family == AF_INET) continue;
    if (failed != 0) return error(Code::system_error, "host name \"{}\": {}", host, gai_strerror(failed));
    TcpAddress address = tcp_address(first->ai_addr);
    freeaddrinfo(first);
    address.port = port;
    return address;
  }
  return error(Code::system_error, "host name \"{}\" has no address", host);
}

Expected<TcpAddress> address_of_interface(const std::string& name) {
  if (name.empty()) return default_address();
  const Interfaces all = interfaces();
  TcpAddress found;
  std::string names;
  for (const ifaddrs* one = all.get(); one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    const TcpAddress address = tcp_address(one->ifa_addr);
    if (!can_be_told(address)) continue;
    names += fmt::format(" {}", one->ifa_name);
    if (name == one->ifa_name && (!found.valid() || (found.family == 6 && address.family == 4))) found = address;
  }
  if (found.valid()) return found;
  return error(Code::config, "WEFT_IFACE=\"{}\" names no network interface with an IP address; there are:{}", name,
               names);
}

bool is_own_address(const TcpAddress& address) {
  if (!address.valid()) return false;
  if (address.family == 4 && address.host[0] == 127) return true;
  const Interfaces all = interfaces();
  for (const ifaddrs* one = all.get(); one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    const TcpAddress own = tcp_address(one->ifa_addr);
    if (own.family == address.family && own.host == address.host) return true;
  }
  return false;
}

SocketAddress socket_address(const TcpAddress& address) {
  SocketAddress result;
  if (address.family == 4) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    std::memcpy(&v4->sin_addr, address.host.data(), 4);
    result.length = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    std::memcpy(&v6->sin6_addr, address.host.data(), 16);
    result.length = sizeof *v6;
  }
  return result;
}

SocketAddress socket_address(std::string_view abstract_name) {
  SocketAddress result;
  auto* unix_address = reinterpret_cast<sockaddr_un*>(&result.storage);
  WEFT_ASSERT(abstract_name.size() < sizeof unix_address->sun_path);
  unix_address->sun_family = AF_UNIX;
  std::memcpy(unix_address->sun_path + 1, abstract_name.data(), abstract_name.size());  // The leading zero: abstract.
  result.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + abstract_name.size());
  return result;
}

TcpAddress tcp_address(const sockaddr* address) {
  TcpAddress result;
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    result.family = 4;
    result.port = ntohs(v4->sin_port);
    std::memcpy(result.host.data(), &v4->sin_addr, 4);
  } else if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    result.family = 6;
    result.port = ntohs(v6->sin6_port);
    std::memcpy(result.host.data(), &v6->sin6_addr, 16);
  }
  return result;
}

}  // namespace weft
