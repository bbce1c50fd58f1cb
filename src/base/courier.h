// Small messages between processes, in order, beside the data path: how a transport tells its peer where a connection's
// memory lies. bootstrap/ implements it over the control sockets; tests implement it in memory.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/fd.h"
#include "base/status.h"

namespace weft {

// A process, named by 16 random bytes that it draws when it first joins a communicator (and again after fork).
struct ProcessId {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const ProcessId&) const = default;
};

enum class Topic : uint8_t { transport_shm = 1, transport_loop = 2 };

struct Parcel {
  ProcessId from;
  std::vector<std::byte> body;
  OwnedFd fd;  // valid only if one was sent, and only between processes of one host
};

class Courier {
 public:
  virtual ~Courier() = default;
  virtual ProcessId self() const = 0;
  // Queues a message; parcels of one topic to one process arrive in the order sent. To oneself is allowed. The body is
  // at most kParcelBytesMax; `fd` (-1: none) is duplicated, the caller keeps its own. Fails if there is no link to that
  // process, or it is closed. Any thread; never blocks on the peer.
  virtual Status send(const ProcessId& to, Topic topic, std::span<const std::byte> body, int fd) = 0;
  // The oldest parcel of a topic that nobody has taken. Any thread; never blocks.
  virtual std::optional<Parcel> take(Topic topic) = 0;
};
inline constexpr size_t kParcelBytesMax = 4096;

}  // namespace weft
