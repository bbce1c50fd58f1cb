// The first frame on every control connection, and the proof that its sender knows the secret. The layout, the order of
// the four messages and the proof are fixed for ever, so that two versions of weft can tell each other that they
// differ:
//   connecting side                          accepting side
//   hello (96 bytes)                  ->
//                                     <-     hello (96 bytes); strangers get nothing, the connection is closed
//   proof (32 bytes)                  ->
//                                     <-     proof (32 bytes); 32 zeros if the other's proof was wrong
// Nothing of variable length is parsed before both proofs are checked. Plain data; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/courier.h"
#include "bootstrap/secret.h"

namespace weft {

inline constexpr uint32_t kWireVersion = 1;  // of everything after the proofs

enum class Purpose : uint8_t { join = 1, link = 2 };          // to a root; to another process's control thread
enum class Role : uint8_t { connecting = 1, accepting = 2 };  // so that a frame sent back to its sender proves nothing

struct Hello {
  uint32_t wire_version = kWireVersion;
  uint32_t library_version;  // WEFT_VERSION_CODE
  Purpose purpose = Purpose::join;
  Role role = Role::connecting;
  uint32_t rank = 0;    // of the connecting side, if it joins
  uint32_t nranks = 0;  // what that rank believes
  uint64_t communicator = 0;
  uint64_t plan_hash = 0;  // of the variables that shape plans
  ProcessId process;
  std::array<uint8_t, 32> nonce{};

  Hello();
};

inline constexpr size_t kHelloBytes = 96;
inline constexpr size_t kProofBytes = sizeof(Digest);
using HelloBytes = std::array<std::byte, kHelloBytes>;

HelloBytes encode(const Hello& hello);
// Nothing if the bytes are not a hello of any version.
std::optional<Hello> decode_hello(const HelloBytes& bytes);

// What the side `prover` sends after both hellos.
Digest proof_of(const Secret& secret, Role prover, const HelloBytes& connecting, const HelloBytes& accepting);

// "weft 0.1.0 (wire version 1)"
std::string version_text(const Hello& hello);

}  // namespace weft
