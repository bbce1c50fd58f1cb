#include "base/flight_recorder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/fork.h"
#include "base/log.h"

namespace weft {
namespace {

// An anchor is taken again by the first operation that begins so long after it: half a second to two.
constexpr uint64_t kAnchorCounts = uint64_t{1} << 31;
// The first two are so far apart at least, about 0.4 ms: reading both clocks is wrong by some 20 ns, so times within
// the first second by 50 us at most, and later ones by less and less.
constexpr uint64_t kAnchorCountsMin = uint64_t{1} << 20;

bool fits_file_size_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || kFlightBytes <= limit.rlim_cur;
}

// Allocated before it is mapped, so that no store ever finds the memory or the disk full.
int allocate(int fd) {
  if (!fits_file_size_limit()) return EFBIG;  // The kernel would send SIGXFSZ besides.
  return posix_fallocate(fd, 0, static_cast<off_t>(kFlightBytes));
}

std::byte* map(int fd) {
  const int kind = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void* const memory = mmap(nullptr, kFlightBytes, PROT_READ | PROT_WRITE, kind | MAP_POPULATE, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

// None if the system gives none.
OwnedFd make_memory() {
  OwnedFd fd(memfd_create("weft-flight", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid() || allocate(fd.get()) != 0 || fchmod(fd.get(), 0600) != 0 ||
      fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    log_info("flight", "no memory file for the flight recorder ({}): nobody but this process can read it",
             errno_text(errno));
    return OwnedFd();
  }
  return fd;
}

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

std::optional<FlightPlace> FlightRecorder::place(uint32_t latest) const {
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
  FlightPlace place{.low = (*words)[0], .high = (*words)[1]};
  place.under_way = FlightMark::phase((*words)[3]) == FlightPhase::under_way;
  place.since_ns = age_ns(place.under_way ? (*words)[2] : end_of(*words));
  const auto before = place.under_way && latest > 1 ? read(latest - 1) : std::nullopt;
  place.finished_ns = place.under_way ? (before ? age_ns(end_of(*before)) : 0) : place.since_ns;
  return place;
}

Expected<std::unique_ptr<FlightRecorder>> FlightRecorder::make(const Owner& owner, const std::string& directory) {
  OwnedFd fd;
  if (directory.empty()) {
    fd = make_memory();
  } else {
    const std::string name = flight_file_name(owner.host, getpid(), owner.communicator, owner.rank);
    WEFT_TRY_ASSIGN(fd, make_flight_file(directory, name));
    if (const int failed = allocate(fd.get()); failed != 0) {
      return error(Code::resource, "WEFT_TRACE_DIR={}: {} needs {} bytes: {}", directory, name, kFlightBytes,
                   errno_text(failed));
    }
  }
  std::byte* const memory = map(fd.get());
  if (memory == nullptr) {
    return error(Code::resource, "cannot map {} bytes for the flight recorder: {}", kFlightBytes, errno_text(errno));
  }
  std::unique_ptr<FlightRecorder> recorder(new FlightRecorder(std::move(fd), memory));
  recorder->describe(owner, !directory.empty());
  return recorder;
}

FlightRecorder::FlightRecorder(OwnedFd fd, std::byte* memory)
    : fd_(std::move(fd)),
      memory_(memory),
      generation_(fork_generation()),
      entries_(reinterpret_cast<FlightEntry*>(memory + kFlightEntriesOffset)),
      entry_(entries_) {}

FlightRecorder::~FlightRecorder() {
  if (!forked_since(generation_)) identity_of(memory_).left = 1;
  munmap(memory_, kFlightBytes);
}

void FlightRecorder::describe(const Owner& owner, bool in_file) {
  const FlightStart& start = flight_start();
  FlightIdentity& identity = *new (memory_ + sizeof(FlightHeader)) FlightIdentity{};
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
  // Last: what has this word is complete.
  FlightHeader header{.magic = kFlightMagic,
                      .version = kFlightVersion,
                      .header_bytes = sizeof(FlightHeader),
                      .identity_bytes = sizeof(FlightIdentity),
                      .entries_offset = kFlightEntriesOffset,
                      .entry_bytes = sizeof(FlightEntry),
                      .entry_count = kFlightEntries,
                      .unused = {}};
  std::memcpy(memory_, &header, sizeof header);
}

void FlightRecorder::anchor() {
  FlightIdentity& identity = identity_of(memory_);
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

Expected<OwnedFd> make_flight_file(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  OwnedFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return error(Code::system_error, "cannot make {}: {}", path, errno_text(errno));
  return fd;
}

}  // namespace weft
