#include "schedule/ordering.h"

#include <algorithm>

namespace weft {

Stamp Ordering::stamp(uint32_t lane, uint32_t events) {
  if (!on_) return {};
  Clock& clock = clocks_[lane];
  if (clock.frozen == nullptr && !clock.heard.empty()) {
    clock.frozen = std::make_shared<const std::vector<uint32_t>>(clock.heard);
  }
  return {lane, events, clock.frozen};
}

void Ordering::hear(uint32_t lane, const Stamp& stamp) {
  if (!on_) return;
  Clock& clock = clocks_[lane];
  if (clock.heard.empty()) clock.heard.assign(clocks_.size(), 0);
  if (clock.heard[stamp.lane] < stamp.events) {
    clock.heard[stamp.lane] = stamp.events;
    clock.frozen = nullptr;
  }
  if (stamp.heard == nullptr || stamp.heard == clock.latest) return;
  clock.latest = stamp.heard;
  clock.frozen = nullptr;
  uint32_t* mine = clock.heard.data();
  const uint32_t* theirs = stamp.heard->data();
  for (size_t i = 0; i < clock.heard.size(); ++i) mine[i] = std::max(mine[i], theirs[i]);
}

std::optional<AccessLog::Access> AccessLog::read(const Ordering& ordering, uint32_t cell, uint32_t lane,
                                                 uint32_t event) {
  const Writer& writer = writers_[cell];
  readers_[static_cast<size_t>(cell) * lanes_ + lane - first_lane_] = event;
  if (writer.event == 0 || writer.lane == lane || ordering.knows(lane, writer.lane, writer.event)) return std::nullopt;
  return Access{writer.lane, writer.event, true};
}

std::optional<AccessLog::Access> AccessLog::write(const Ordering& ordering, uint32_t cell, uint32_t lane,
                                                  uint32_t event) {
  std::optional<Access> unordered;
  const Writer& writer = writers_[cell];
  if (writer.event != 0 && writer.lane != lane && !ordering.knows(lane, writer.lane, writer.event)) {
    unordered = Access{writer.lane, writer.event, true};
  }
  for (uint32_t i = 0; i < lanes_; ++i) {
    uint32_t& read = readers_[static_cast<size_t>(cell) * lanes_ + i];
    const uint32_t reader = first_lane_ + i;
    if (read != 0 && reader != lane && !ordering.knows(lane, reader, read)) unordered = Access{reader, read, false};
    read = 0;
  }
  writers_[cell] = {lane, event};
  return unordered;
}

}  // namespace weft
