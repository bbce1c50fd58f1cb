// One rank of a communicator as the others know it, and the list of all: what the rendezvous exchanges. Plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/courier.h"
#include "bootstrap/address.h"
#include "bootstrap/wire.h"

namespace weft {

struct Member {
  int rank = -1;
  ProcessId process;
  std::string host;
  int pid = 0;
  uint64_t host_identity = 0;
  std::string
      control_name;        // abstract unix socket of the process's control thread, for peers of the same host identity
  TcpAddress control_tcp;  // and its TCP address, for the others
  std::vector<std::byte> payload;  // opaque to the bootstrap; at most kPayloadBytesMax
};
// Of all ranks, by rank.
using Roster = std::vector<Member>;

inline constexpr int kRanksMax = 65536;
inline constexpr size_t kPayloadBytesMax = 65536;
inline constexpr size_t kHostBytesMax = 255;
inline constexpr size_t kNameBytesMax = 64;

// "rank 3 (node-a pid 4711)"
std::string describe(const Member& member);
// "0, 3-5": ranks in ascending order.
std::string rank_ranges(std::span<const int> ranks);

void write_member(ByteWriter& writer, const Member& member);
Member read_member(ByteReader& reader);  // Ask the reader whether it was one.

}  // namespace weft
