// The transports there are, in order of preference. The only place that knows the backends: another one is a folder, a
// row here and an instance of the conformance suite.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/courier.h"
#include "transport/transport.h"

namespace weft {

struct TransportRow {
  std::string_view name;
  Expected<std::unique_ptr<Transport>> (*make)(Courier& courier);  // the courier outlives the transport
};

// Of two that reach a peer the earlier is used.
std::span<const TransportRow> transport_rows();

// Of this process: where all its ranks sleep. Only while its transports exist.
Doorbell& process_doorbell();

}  // namespace weft
