// This process's half of the shared memory: a chain of arenas in which it, as the receiver, keeps the slots of its
// connections. Arenas are few and large, so that ten thousand communicators need a dozen mappings; each is made once,
// never resized, and left out of forked children.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/doorbell.h"
#include "transport/shm/free_space.h"
#include "transport/shm/memfd.h"

namespace weft {

// The name of one process's chain: random, so that a process recognises its own memory whoever offers it.
using MemoryName = std::array<uint8_t, 16>;

// What lies at the start of arena 0.
struct alignas(64) ArenaHeader {
  uint64_t magic = 0;
  MemoryName name{};
  Doorbell doorbell;
};
inline constexpr uint64_t kArenaMagic = 0x314D'4853'5446'4557;  // "WEFTSHM1"; the digit is the version of these bytes
inline constexpr uint64_t kArenaHeaderBytes = 256;
static_assert(sizeof(ArenaHeader) <= kArenaHeaderBytes && kArenaHeaderBytes % kCarvedUnit == 0);

inline constexpr uint64_t kArenaBytesFirst = 1u << 20;  // each arena is twice as large as the one before, up to:
inline constexpr uint64_t kArenaBytesUsual = 64u << 20;
inline constexpr uint64_t kConnectionBytesMax = 8ull << 30;  // one larger than the usual gets an arena of its size
inline constexpr uint64_t kArenaBytesMax = 2 * kConnectionBytesMax;  // what we accept from a peer
inline constexpr uint32_t kArenasMax = 4096;

// A piece of an arena.
struct Carved {
  uint32_t arena = 0;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  std::byte* address = nullptr;
};

// What peers need to map an arena. The descriptor stays the owner's.
struct ArenaView {
  std::byte* data = nullptr;
  uint64_t bytes = 0;
  int fd = -1;
};

// One per process, shared by its transports: made for the first, gone with the last. Any thread.
class ProcessMemory {
 public:
  static Expected<std::shared_ptr<ProcessMemory>> join();
  // That of this process, if a transport holds one.
  static std::shared_ptr<ProcessMemory> current();

  const MemoryName& name() const { return name_; }
  Doorbell& doorbell() const { return *doorbell_; }
  Expected<Carved> carve(uint64_t bytes);
  void give_back(const Carved& carved);
  ArenaView arena(uint32_t number) const;  // `data` is null if there is none of this number

 private:
  struct Arena {
    OwnedFd fd;
    Mapping mapping;
    FreeSpace space;
  };
  ProcessMemory() = default;
  static void leave_to_parent();
  Status add_arena(uint64_t bytes_needed);
  Carved carved_from(uint32_t number, uint64_t offset, uint64_t bytes) const;

  MemoryName name_{};             // fixed when made
  Doorbell* doorbell_ = nullptr;  // in arena 0; fixed when made
  std::vector<Arena> arenas_;     // guarded by process_lock()
};

}  // namespace weft
