// The lanes of all ranks, and which of them meet at each connection: what every walk over a whole collective needs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schedule/step.h"

namespace weft {

inline constexpr uint32_t kNobody = UINT32_MAX;

class Wiring {
 public:
  struct LaneName {
    uint32_t rank, lane;
  };
  // One direction of one stream of a pair of ranks, and the lanes at its ends.
  struct Connection {
    uint32_t from_rank, to_rank;
    uint16_t stream;
    uint32_t from_lane = kNobody, to_lane = kNobody;  // numbers of lanes, as below
  };

  // schedules[r] is the schedule of rank r; their form is checked.
  explicit Wiring(std::span<const Schedule> schedules);

  // Lanes are numbered through, rank after rank.
  uint32_t lane_count() const { return static_cast<uint32_t>(lanes_.size()); }
  LaneName lane(uint32_t number) const { return lanes_[number]; }
  uint32_t number_of(uint32_t rank, uint32_t lane) const { return first_lane_[rank] + lane; }
  std::span<const Connection> connections() const { return connections_; }
  // The connection behind a port of a lane; kNobody for a port that no step uses.
  uint32_t connection_at(uint32_t lane_number, uint32_t port) const {
    return port_connections_[first_port_[lane_number] + port];
  }

 private:
  std::vector<LaneName> lanes_;
  std::vector<uint32_t> first_lane_;  // by rank
  std::vector<uint32_t> first_port_;  // by lane number, into port_connections_
  std::vector<uint32_t> port_connections_;
  std::vector<Connection> connections_;
};

}  // namespace weft
