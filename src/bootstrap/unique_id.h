// The name of a communicator to be: where its root listens and what proves membership. 128 bytes when packed, which is
// what weftUniqueId carries. Plain data; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/status.h"
#include "bootstrap/address.h"
#include "bootstrap/secret.h"

namespace weft {

inline constexpr size_t kUniqueIdBytes = 128;  // WEFT_UNIQUE_ID_BYTES
using UniqueIdBytes = std::array<std::byte, kUniqueIdBytes>;

// What a rank's proof is worth.
enum class Trust : uint8_t {
  secret = 1,    // `secret` is random and known to the job alone: proofs count everywhere
  local = 2,     // no secret was given: only processes of this host, whose user the kernel vouches for, may join
  insecure = 3,  // WEFT_INSECURE=1: `secret` follows from public names; whoever reaches the port could join
};

struct UniqueId {
  Trust trust = Trust::secret;
  Secret secret{};                 // never printed
  uint64_t communicator = 0;       // random, or from the names of the job
  std::array<uint8_t, 16> name{};  // of the root's abstract socket
  uint64_t host_identity = 0;      // of the root; 0: not known
  TcpAddress root;                 // none with Trust::local if nobody said where the root is
  uint8_t port_count = 1;          // the root listens on the first free port of [root.port, root.port + port_count)

  std::string unix_name() const;
  bool operator==(const UniqueId&) const = default;
};

UniqueIdBytes pack(const UniqueId& id);
// Refuses what no weftGetUniqueId made, and what was damaged on the way.
Expected<UniqueId> parse_unique_id(std::span<const std::byte> bytes);

// A fresh id without addresses: the root fills those in.
UniqueId draw_unique_id();

// What all ranks of a job know without being told: enough to find the root.
struct JobNames {
  std::string launcher;  // "weft", "torchrun", …
  std::string job;
  std::string root;  // host:port as the launcher wrote it; may be empty on one host
  uint64_t restart = 0;
};
// The same on every rank of a job and user. `root` may be none on one host. Without a secret the id works on one host
// only, unless `insecure`.
UniqueId well_known(const JobNames& names, const TcpAddress& root, uint8_t port_count,
                    const std::optional<Secret>& secret, bool insecure);
// 64 hexadecimal digits, as WEFT_SECRET holds them.
Expected<Secret> parse_secret(std::string_view digits);

}  // namespace weft
