#include "transport/shared_memory.h"

#include <cstdint>
#include <iterator>
#include <limits>
#include <map>

#include "transport/shm/memfd.h"
#include "transport/shm/process_lock.h"

namespace weft {
namespace {

struct Allocation {
  OwnedFd fd;
  Mapping mapping;
};

// By first address; guarded by process_lock(). Never destroyed: memory of users stays until they free it.
std::map<uintptr_t, Allocation>& allocations() {
  static auto& all = *new std::map<uintptr_t, Allocation>;
  return all;
}

}  // namespace

Expected<void*> SharedMemory::allocate(size_t size) {
  if (size == 0) return error(Code::invalid_argument, "size=0: weftMemAlloc needs a size above 0");
  if (size > std::numeric_limits<size_t>::max() / 4) {
    return error(Code::resource, "size={}: no machine has so much memory", size);
  }
  const size_t bytes = round_up_to_page(size);
  WEFT_TRY_ASSIGN(OwnedFd fd, make_sealed_memfd(bytes, "weftMemAlloc"));
  WEFT_TRY_ASSIGN(Mapping mapping, Mapping::of(fd.get(), bytes, Mapping::Fork::inherit));
  std::byte* data = mapping.data();
  std::lock_guard lock(process_lock());
  allocations().emplace(reinterpret_cast<uintptr_t>(data), Allocation{std::move(fd), std::move(mapping)});
  return data;
}

Status SharedMemory::free(void* pointer) {
  if (pointer == nullptr) return {};
  std::map<uintptr_t, Allocation>::node_type freed;  // unmapped after the lock is given back
  std::lock_guard lock(process_lock());
  freed = allocations().extract(reinterpret_cast<uintptr_t>(pointer));
  if (!freed.empty()) return {};
  return error(Code::invalid_argument,
               "pointer={}: weftMemFree takes only what weftMemAlloc gave and was not freed before", pointer);
}

std::optional<SharedPlace> SharedMemory::find(const void* address) {
  const auto wanted = reinterpret_cast<uintptr_t>(address);
  std::lock_guard lock(process_lock());
  const auto after = allocations().upper_bound(wanted);
  if (after == allocations().begin()) return std::nullopt;
  const auto& [first, allocation] = *std::prev(after);
  const size_t offset = wanted - first;
  if (offset >= allocation.mapping.size()) return std::nullopt;
  return SharedPlace{allocation.fd.get(), offset, allocation.mapping.size()};
}

}  // namespace weft
