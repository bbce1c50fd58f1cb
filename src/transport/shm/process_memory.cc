#include "transport/shm/process_memory.h"

#include <pthread.h>
#include <sys/random.h>

#include <algorithm>
#include <new>

#include "base/assert.h"
#include "transport/shm/process_lock.h"

namespace weft {
namespace {

// Guarded by process_lock(). Never destroyed: the last transport may be destroyed by another static's destructor.
std::weak_ptr<ProcessMemory>& of_this_process() {
  static auto& memory = *new std::weak_ptr<ProcessMemory>;
  return memory;
}

uint64_t bytes_of_arena(uint32_t number, uint64_t needed) {
  const uint64_t usual = std::min(kArenaBytesFirst << std::min(number, 16u), kArenaBytesUsual);
  return round_up_to_page(std::max(usual, needed + kArenaHeaderBytes));
}

}  // namespace

Expected<std::shared_ptr<ProcessMemory>> ProcessMemory::join() {
  std::lock_guard lock(process_lock());
  if (auto memory = of_this_process().lock()) return memory;
  static const int registered = pthread_atfork(nullptr, nullptr, leave_to_parent);
  WEFT_ASSERT(registered == 0);

  std::shared_ptr<ProcessMemory> memory(new ProcessMemory);
  if (getrandom(memory->name_.data(), memory->name_.size(), 0) != static_cast<ssize_t>(memory->name_.size())) {
    return error(Code::system_error, "getrandom gives no random bytes: {}", errno_text(errno));
  }
  WEFT_TRY(memory->add_arena(0));
  auto* header = new (memory->arenas_[0].mapping.data()) ArenaHeader;
  header->magic = kArenaMagic;
  header->name = memory->name_;
  memory->doorbell_ = &header->doorbell;
  of_this_process() = memory;
  return memory;
}

std::shared_ptr<ProcessMemory> ProcessMemory::current() {
  std::lock_guard lock(process_lock());
  return of_this_process().lock();
}

// In a forked child: it has not got the arenas, and must not keep their memory alive by their descriptors. The thread
// that forked holds, or has just released, the lock; there is no other.
void ProcessMemory::leave_to_parent() {
  if (const auto memory = of_this_process().lock()) {
    for (Arena& arena : memory->arenas_) arena.fd.reset();
  }
  of_this_process().reset();
}

Expected<Carved> ProcessMemory::carve(uint64_t bytes) {
  bytes = round_up_to_unit(bytes);
  if (bytes > kConnectionBytesMax) {
    return error(Code::invalid_argument,
                 "a connection of {} bytes is above the {} that are allowed: lower WEFT_SLOTS or "
                 "WEFT_SLOT_BYTES",
                 bytes, kConnectionBytesMax);
  }
  std::lock_guard lock(process_lock());
  for (uint32_t number = 0; number < arenas_.size(); ++number) {
    if (const auto offset = arenas_[number].space.carve(bytes)) return carved_from(number, *offset, bytes);
  }
  WEFT_TRY(add_arena(bytes));
  const auto offset = arenas_.back().space.carve(bytes);
  WEFT_ASSERT(offset.has_value());
  return carved_from(static_cast<uint32_t>(arenas_.size() - 1), *offset, bytes);
}

Carved ProcessMemory::carved_from(uint32_t number, uint64_t offset, uint64_t bytes) const {
  return {number, offset, bytes, arenas_[number].mapping.data() + offset};
}

void ProcessMemory::give_back(const Carved& carved) {
  std::lock_guard lock(process_lock());
  arenas_.at(carved.arena).space.give_back(carved.offset, carved.bytes);
}

ArenaView ProcessMemory::arena(uint32_t number) const {
  std::lock_guard lock(process_lock());
  if (number >= arenas_.size()) return {};
  const Arena& arena = arenas_[number];
  return {arena.mapping.data(), arena.mapping.size(), arena.fd.get()};
}

Status ProcessMemory::add_arena(uint64_t bytes_needed) {
  const auto number = static_cast<uint32_t>(arenas_.size());
  if (number == kArenasMax) {
    return error(Code::resource,
                 "this process has used up its {} arenas of shared memory: destroy communicators that are no "
                 "longer needed",
                 kArenasMax);
  }
  const uint64_t bytes = bytes_of_arena(number, bytes_needed);
  WEFT_TRY_ASSIGN(OwnedFd fd, make_sealed_memfd(bytes, "an arena of connections"));
  WEFT_TRY_ASSIGN(Mapping mapping, Mapping::of(fd.get(), bytes, Mapping::Fork::leave_out));
  const uint64_t header = number == 0 ? kArenaHeaderBytes : 0;
  arenas_.push_back({std::move(fd), std::move(mapping), FreeSpace(header, bytes - header)});
  return {};
}

}  // namespace weft
