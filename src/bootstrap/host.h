// Who this host is, as far as sockets care. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace weft {

// Equal in two processes exactly if they run under one kernel boot and share a network namespace: then abstract unix
// sockets reach from one to the other. Containers that share a host name but not a namespace differ. Where the kernel
// does not say, a random number: then the processes meet over TCP.
uint64_t host_identity();
std::string host_name();

}  // namespace weft
