// What the control thread's epoll events carry: a link's token and whether its socket or its process has news.
#pragma once

#include <cstdint>

namespace weft {

inline constexpr uint64_t kGateToken = 0, kStopToken = 1, kWakeToken = 2;
inline constexpr uint64_t kFirstLinkToken = 2;  // so the events of links begin at 4
constexpr uint64_t socket_event(uint64_t link_token) {
  return 2 * link_token;
}
constexpr uint64_t process_event(uint64_t link_token) {
  return 2 * link_token + 1;
}
constexpr uint64_t link_of_event(uint64_t event_token) {
  return event_token / 2;
}
constexpr bool is_process_event(uint64_t event_token) {
  return event_token % 2 == 1;
}

}  // namespace weft
