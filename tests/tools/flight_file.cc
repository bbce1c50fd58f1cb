#include "tools/flight_file.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/assert.h"
#include "base/dtype.h"
#include "base/flight_format.h"
#include "collectives/collective.h"
#include "fifo/fingerprint.h"

namespace weft::test {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

FlightIdentity identity_of(int rank, const std::string& host, uint64_t boot, int64_t realtime_offset_ns) {
  FlightIdentity identity{};
  identity.communicator = 0xC0FFEE;
  identity.boot = boot;
  identity.rank = rank;
  identity.ranks = 3;
  identity.launched_as = rank;
  identity.pid = 4710 + rank;
  std::memcpy(identity.host.data(), host.data(), host.size());
  identity.first = {.ticks = 0, .monotonic_ns = 5 * kSecond};
  identity.realtime_ns = 5 * kSecond + static_cast<uint64_t>(realtime_offset_ns);
  identity.latest[1] = {.ticks = 20 * kSecond, .monotonic_ns = 15 * kSecond};
  identity.anchors = 1;
  return identity;
}

}  // namespace

FlightFolder::FlightFolder() {
  char name[] = "/tmp/flight_folder_XXXXXX";
  WEFT_ASSERT(mkdtemp(name) != nullptr);
  path_ = name;
}

FlightFolder::~FlightFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> FlightFolder::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path());
  std::ranges::sort(names);
  return names;
}

std::string FlightFolder::write(int rank, const std::string& host, uint64_t boot, int64_t realtime_offset_ns,
                                const std::vector<FixedOperation>& operations) const {
  std::string bytes(kFlightBytes, '\0');
  const FlightHeader header = flight_header(kFlightMagic);
  const FlightIdentity identity = identity_of(rank, host, boot, realtime_offset_ns);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, &identity, sizeof identity);
  for (const FixedOperation& each : operations) {
    const Fingerprint call = pack({.sequence = each.sequence,
                                   .count = 4096,
                                   .collective = static_cast<uint8_t>(Collective::all_reduce),
                                   .type = static_cast<uint8_t>(DataType::float32),
                                   .op = static_cast<uint8_t>(Operator::sum)});
    const uint64_t mark = each.ended
                              ? FlightMark::ended(each.sequence, static_cast<uint64_t>(each.result), each.took_ticks)
                              : FlightMark::under_way(each.sequence);
    const FlightEntry entry{.words = {call.low, call.high, each.began_ticks, mark}};
    std::memcpy(bytes.data() + kFlightEntriesOffset + each.sequence % kFlightEntries * sizeof entry, &entry,
                sizeof entry);
  }
  return write_bytes(fmt::format("rank{}.flight", rank), bytes);
}

std::string FlightFolder::write_bytes(const std::string& name, const std::string& bytes) const {
  const std::string path = path_ + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

}  // namespace weft::test
