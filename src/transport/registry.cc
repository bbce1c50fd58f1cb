#include "transport/registry.h"

#include <array>

#include "transport/shm/shm_transport.h"

namespace weft {
namespace {

constexpr std::array<TransportRow, 1> kRows = {{
    {"shm", [](Courier& courier) { return ShmTransport::make(courier); }},
}};

}  // namespace

std::span<const TransportRow> transport_rows() {
  return kRows;
}

Doorbell& process_doorbell() {
  return ShmTransport::doorbell();
}

}  // namespace weft
