// What a root and its ranks say to each other once both have proved themselves: the bodies of three kinds of frame.
// Plain data; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "bootstrap/member.h"
#include "bootstrap/secret.h"

namespace weft {

// FrameKind::join. Rank, number of ranks and plan hash stand in the hello.
struct JoinMessage {
  uint64_t patience_ms = 0;  // how long this rank will wait for the others
  std::string plan_text;
  Member self;
};

// FrameKind::roster
struct RosterMessage {
  uint64_t communicator = 0;
  Secret salt{};  // random: with the id's secret it makes the communicator's own
  Roster roster;
};

inline constexpr size_t kJoinBytesMax = 128 << 10;
inline constexpr size_t kReplyBytesMax = 256 << 20;  // of a roster: payloads are small in large communicators

std::vector<std::byte> encode(const JoinMessage& message);
std::vector<std::byte> encode(const RosterMessage& message);
std::vector<std::byte> encode(const Status& refusal);
std::optional<JoinMessage> decode_join(std::span<const std::byte> body);
std::optional<RosterMessage> decode_roster(std::span<const std::byte> body);
Status decode_refusal(std::span<const std::byte> body);

// The code with this value, or remote_error if there is none: peers may be wrong.
Code code_of(uint32_t value);

}  // namespace weft
