#include "schedule/wiring.h"

#include <unordered_map>

#include "base/assert.h"
#include "base/random.h"
#include "schedule/form.h"

namespace weft {
namespace {

struct Key {
  uint64_t ranks;
  uint16_t stream;
  bool operator==(const Key&) const = default;
};
struct KeyHash {
  size_t operator()(const Key& key) const { return mix64(key.ranks ^ (static_cast<uint64_t>(key.stream) << 48)); }
};

}  // namespace

Wiring::Wiring(std::span<const Schedule> schedules) {
  std::unordered_map<Key, uint32_t, KeyHash> known;
  for (uint32_t rank = 0; rank < schedules.size(); ++rank) {
    const Schedule& schedule = schedules[rank];
    first_lane_.push_back(lane_count());
    for (uint32_t lane = 0; lane < schedule.lanes.size(); ++lane) {
      const uint32_t number = lane_count();
      const std::vector<PortUse> uses = port_uses(schedule, schedule.lanes[lane]);
      lanes_.push_back({rank, lane});
      first_port_.push_back(static_cast<uint32_t>(port_connections_.size()));
      for (uint32_t i = 0; i < uses.size(); ++i) {
        WEFT_ASSERT(uses[i] != PortUse::both);
        port_connections_.push_back(kNobody);
        if (uses[i] == PortUse::none) continue;
        const Port& port = schedule.ports[schedule.lanes[lane].first_port + i];
        const bool sends = uses[i] == PortUse::send;
        const uint32_t from = sends ? rank : port.peer, to = sends ? port.peer : rank;
        const Key key = {(static_cast<uint64_t>(from) << 32) | to, port.stream};
        const auto [at, is_new] = known.try_emplace(key, static_cast<uint32_t>(connections_.size()));
        if (is_new) connections_.push_back({from, to, port.stream});
        Connection& connection = connections_[at->second];
        (sends ? connection.from_lane : connection.to_lane) = number;
        port_connections_.back() = at->second;
      }
    }
  }
}

}  // namespace weft
