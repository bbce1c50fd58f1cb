#include "transport/shm/memfd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

namespace weft {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
constexpr size_t kPieceBytes =
    4u << 20;  // allocated at a time: small enough to finish between two signals of a profiler
constexpr std::string_view kSlotVariables = "WEFT_SLOTS or WEFT_SLOT_BYTES";
constexpr int kInterruptionsMax = 1000;  // of one piece

// Beyond this limit the kernel would not only refuse but kill the process with SIGXFSZ.
Status check_file_size_limit(size_t bytes, std::string_view purpose) {
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur) return {};
  return error(Code::resource,
               "{} needs {} bytes of shared memory, but the file size limit is {}: raise it (ulimit -f)", purpose,
               bytes, limit.rlim_cur);
}

// What the machine could still give; nothing where /proc does not say.
std::optional<size_t> available_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  size_t kilobytes = 0;
  while (file >> name >> kilobytes) {
    if (name == "MemAvailable:") return kilobytes * 1024;
    std::getline(file, unit);
  }
  return std::nullopt;
}

// Allocating more than there is does not fail: the kernel starts killing processes. So ask first.
Status check_available(size_t bytes, std::string_view purpose) {
  const auto available = available_bytes();
  if (!available || bytes <= *available) return {};
  return error(Code::resource,
               "{} needs {} bytes of shared memory, but this machine has {} left: use less, or lower {}", purpose,
               bytes, *available, kSlotVariables);
}

int allocate_piece(int fd, size_t offset, size_t bytes) {
  for (int interruptions = 0;; ++interruptions) {
    if (fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0) return 0;
    if (errno != EINTR || interruptions == kInterruptionsMax) return errno;
  }
}

Status allocate(int fd, size_t bytes, std::string_view purpose) {
  for (size_t offset = 0; offset < bytes; offset += kPieceBytes) {
    const int failed = allocate_piece(fd, offset, std::min(kPieceBytes, bytes - offset));
    if (failed == 0) continue;
    return error(
        Code::resource,
        "{} needs {} bytes of shared memory, {} of them were to be had ({}): raise the memory limit of the job or "
        "container, or lower {}",
        purpose, bytes, offset, errno_text(failed), kSlotVariables);
  }
  return {};
}

}  // namespace

size_t page_bytes() {
  static const size_t bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

size_t round_up_to_page(size_t bytes) {
  return (bytes + page_bytes() - 1) & ~(page_bytes() - 1);
}

Expected<OwnedFd> make_sealed_memfd(size_t bytes, std::string_view purpose) {
  WEFT_TRY(check_file_size_limit(bytes, purpose));
  WEFT_TRY(check_available(bytes, purpose));
  OwnedFd fd(memfd_create("weft", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid()) {
    const bool fds_used_up = errno == EMFILE || errno == ENFILE;
    return error(fds_used_up ? Code::resource : Code::system_error, "{} needs a memory file of {} bytes: {}{}", purpose,
                 bytes, errno_text(errno), fds_used_up ? "; raise the limit of open files (ulimit -n)" : "");
  }
  WEFT_TRY(allocate(fd.get(), bytes, purpose));
  if (fchmod(fd.get(), 0600) != 0 || fcntl(fd.get(), F_ADD_SEALS, kSeals) != 0) {
    return error(Code::system_error, "cannot seal a memory file of {} bytes for {}: {}", bytes, purpose,
                 errno_text(errno));
  }
  return fd;
}

Status check_sealed_memfd(int fd, size_t bytes) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return error(Code::remote_error, "it cannot be examined: {}", errno_text(errno));
  if (!S_ISREG(status.st_mode) || static_cast<size_t>(status.st_size) != bytes) {
    return error(Code::remote_error, "it has {} bytes, not the {} announced", status.st_size, bytes);
  }
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals) return error(Code::remote_error, "its size is not sealed");
  if (static_cast<size_t>(status.st_blocks) * 512 < bytes) {
    return error(Code::remote_error, "only {} of its {} bytes are allocated", status.st_blocks * 512, bytes);
  }
  return {};
}

Mapping::Mapping(Mapping&& other) noexcept {
  *this = std::move(other);
}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  if (this == &other) return *this;
  unmap();
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  owner_ = other.owner_;
  return *this;
}

Mapping::~Mapping() {
  unmap();
}

void Mapping::unmap() {
  if (data_ != nullptr && (owner_ == 0 || owner_ == getpid())) munmap(data_, size_);
}

Expected<Mapping> Mapping::of(int fd, size_t bytes, Fork fork) {
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) {
    return error(Code::resource,
                 "cannot map {} bytes of shared memory: {}; raise the limits of address space and mappings", bytes,
                 errno_text(errno));
  }
  Mapping mapping;
  mapping.data_ = static_cast<std::byte*>(address);
  mapping.size_ = bytes;
  mapping.owner_ = fork == Fork::leave_out ? getpid() : 0;
  if (fork == Fork::leave_out && madvise(address, bytes, MADV_DONTFORK) != 0) {
    return error(Code::system_error, "cannot keep {} bytes of shared memory from children: {}", bytes,
                 errno_text(errno));
  }
  return mapping;
}

void populate(std::byte* data, size_t bytes) {
  const auto first = reinterpret_cast<uintptr_t>(data) & ~(page_bytes() - 1);
  const auto last = reinterpret_cast<uintptr_t>(data) + bytes;
#ifdef MADV_POPULATE_WRITE
  madvise(reinterpret_cast<void*>(first), round_up_to_page(last - first), MADV_POPULATE_WRITE);
#endif
}

}  // namespace weft
