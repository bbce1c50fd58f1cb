#include "base/flight_recorder.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace weft {
namespace {

// An anchor is taken again by the first operation that begins so long after it: half a second to two.
constexpr uint64_t kAnchorCounts = uint64_t{1} << 31;
// The first two are so far apart at least, about 0.4 ms: reading both clocks is wrong by some 20 ns, so times within
// the first second by 50 us at most, and later ones by less and less.
constexpr uint64_t kAnchorCountsMin = uint64_t{1} << 20;

FlightIdentity& identity_of(std::byte* memory) {
  return *reinterpret_cast<FlightIdentity*>(memory + sizeof(FlightHeader));
}

}  // namespace

// Entries that the owner writes meanwhile are left out.
std::optional<FlightRecorder::Words> FlightRecorder::read(uint32_t sequence) const {
  FlightEntry& entry = entries_[sequence % kFlightEntries];
  const auto word = [&](size_t at) { return std::atomic_ref(entry.words[at]).load(std::memory_order_acquire); };
  const uint64_t mark = word(3), ticks = word(2), high = word(1), low = word(0);
  const bool whole = static_cast<uint32_t>(low) == sequence && FlightMark::belongs_to(low, mark) && word(1) == high;
  return whole ? std::optional(Words{low, high, ticks, mark}) : std::nullopt;
}

std::vector<std::pair<uint64_t, uint64_t>> FlightRecorder::recent(uint32_t latest, size_t most) const {
  std::vector<std::pair<uint64_t, uint64_t>> found;
  for (uint32_t sequence = latest; sequence != 0 && found.size() < most && latest - sequence < kFlightEntries;
       --sequence) {
    if (const auto words = read(sequence)) found.emplace_back((*words)[0], (*words)[1]);
  }
  return found;
}

std::optional<FlightStand> FlightRecorder::stand(uint32_t latest) const {
  if (latest == 0) return std::nullopt;
  auto words = read(latest);
  if (!words && latest > 1) words = read(--latest);  // The owner writes the latest at this moment.
  if (!words) return std::nullopt;
  const uint64_t present = now();
  // Ticks of another core may be a little ahead.
  const auto age_ns = [&](uint64_t ticks) {
    return ticks >= present ? 0 : static_cast<uint64_t>(static_cast<double>(present - ticks) * ns_per_tick_);
  };
  const auto end_of = [](const Words& one) { return one[2] + FlightMark::ticks(one[3]); };
  FlightStand stand{.low = (*words)[0], .high = (*words)[1]};
  stand.under_way = FlightMark::phase((*words)[3]) == FlightPhase::under_way;
  stand.since_ns = age_ns(stand.under_way ? (*words)[2] : end_of(*words));
  const auto before = stand.under_way && latest > 1 ? read(latest - 1) : std::nullopt;
  stand.finished_ns = stand.under_way ? (before ? age_ns(end_of(*before)) : 0) : stand.since_ns;
  return stand;
}

Expected<std::unique_ptr<FlightRecorder>> FlightRecorder::make(const Owner& owner, const std::string& directory) {
  const std::string name = flight_file_name(owner.host, getpid(), owner.communicator, owner.rank);
  WEFT_TRY_ASSIGN(FlightPlace place, FlightPlace::take(directory, name));
  std::unique_ptr<FlightRecorder> recorder(new FlightRecorder(std::move(place)));
  recorder->describe(owner, !directory.empty());
  return recorder;
}

FlightRecorder::FlightRecorder(FlightPlace place)
    : place_(std::move(place)),
      entries_(reinterpret_cast<FlightEntry*>(place_.memory() + kFlightEntriesOffset)),
      entry_(entries_) {}

FlightRecorder::~FlightRecorder() {
  if (!place_.inherited()) identity_of(place_.memory()).left = 1;
}

void FlightRecorder::describe(const Owner& owner, bool in_file) {
  const FlightStart& start = flight_start();
  // First: without this word it is no record, whatever still stands there of another. An exchange, because no store of
  // what follows may come before it: the reader looks at this word last too. (ThreadSanitizer knows no fences.)
  auto& header = *reinterpret_cast<FlightHeader*>(place_.memory());
  std::atomic_ref(header.magic).exchange(0, std::memory_order_seq_cst);
  std::memset(place_.memory() + sizeof header, 0, kFlightBytes - sizeof header);
  FlightIdentity& identity = *new (place_.memory() + sizeof header) FlightIdentity{};
  identity.communicator = owner.communicator;
  identity.boot = owner.boot;
  identity.rank = owner.rank;
  identity.ranks = owner.ranks;
  identity.launched_as = owner.launched_as;
  identity.pid = getpid();
  std::memcpy(identity.host.data(), owner.host.data(), std::min(owner.host.size(), kFlightHostBytes - 1));
  identity.first = start.anchor;
  identity.realtime_ns = start.realtime_ns;
  identity.in_file = in_file ? 1 : 0;
  while (now() - start.anchor.ticks < kAnchorCountsMin) continue;  // once per process
  anchor();
  const FlightAnchor& second = identity.latest[identity.anchors % 2];
  ns_per_tick_ = static_cast<double>(second.monotonic_ns - start.anchor.monotonic_ns) /
                 static_cast<double>(second.ticks - start.anchor.ticks);
  header = flight_header(0);
  // Last: what has this word is complete.
  std::atomic_ref(header.magic).store(kFlightMagic, std::memory_order_release);
}

void FlightRecorder::anchor() {
  FlightIdentity& identity = identity_of(place_.memory());
  const uint64_t number = identity.anchors + 1;
  identity.latest[number % 2] = flight_anchor(counts_);
  // Release: pairs with the reader's look at the number, which tells it which of the two is whole.
  std::atomic_ref(identity.anchors).store(number, std::memory_order_release);
  anchor_due_ = identity.latest[number % 2].ticks + kAnchorCounts;
}

std::string flight_file_name(const std::string& host, int pid, uint64_t communicator, int rank) {
  std::string plain = host;
  std::ranges::replace(plain, '/', '_');
  return fmt::format("weft-{}-{}-{:016x}-{}.flight", plain, pid, communicator, rank);
}

}  // namespace weft
