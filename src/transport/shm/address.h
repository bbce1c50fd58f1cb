// What peers must know to share memory with this process: who it is, and which other processes can pass it descriptors.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/courier.h"
#include "transport/transport.h"

namespace weft {

// Two processes can pass each other descriptors if they run under one kernel (boot) and can reach each other's abstract
// sockets (network namespace). Mount, pid and user namespaces do not matter, nor does the host's name.
struct HostIdentity {
  std::array<uint8_t, 16> boot{};
  uint64_t network_device = 0, network_inode = 0;  // of the network namespace
  uint64_t user = 0;                               // the control sockets accept this user only
  bool operator==(const HostIdentity&) const = default;
  // All zero where /proc does not tell: then only the process itself can be reached.
  static HostIdentity of_this_process();
  bool known() const { return network_inode != 0; }
};

struct ShmAddress {
  ProcessId process;
  HostIdentity host;
  Bytes encode() const;
  static Expected<ShmAddress> decode(std::span<const std::byte> bytes);
};

}  // namespace weft
