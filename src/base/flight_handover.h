// How the flight recorder of a rank gets into other hands while the rank lives: its descriptor goes over a unix socket
// of the launcher, so that the record outlives the rank without a file. One datagram a recorder, no answer.
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"
#include "base/status.h"

namespace weft {

// Sends the descriptor to the launcher's inbox. Where there is none (no name, nobody listening, another host or
// container) or it stays full for a second, nothing is handed in, and that is no error.
void hand_in_flight(int fd, const std::string& inbox);

// The launcher's end: a socket in Linux's abstract name space, gone with its last descriptor.
Expected<OwnedFd> open_flight_inbox(const std::string& name);
// The next descriptor, without waiting; nothing if there is none. What comes from another user is closed and passed
// over.
std::optional<OwnedFd> take_flight(const OwnedFd& inbox);

}  // namespace weft
