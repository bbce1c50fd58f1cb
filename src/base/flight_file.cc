#include "base/flight_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/flight_format.h"
#include "base/fork.h"

namespace weft {
namespace {

constexpr int kInterruptionsMax = 1000;  // by signals, of one allocation

// A file that grows beyond this limit costs an error, and SIGXFSZ besides.
size_t places_within_file_size_limit(size_t places) {
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return places;
  return std::min(places, static_cast<size_t>(limit.rlim_cur) / kFlightBytes);
}

// Before it is used, so that no store ever finds the memory or the disk full.
int allocate(int fd, size_t offset) {
  for (int interruptions = 0;; ++interruptions) {
    const int failed = posix_fallocate(fd, static_cast<off_t>(offset), static_cast<off_t>(kFlightBytes));
    if (failed != EINTR || interruptions == kInterruptionsMax) return failed;
  }
}

Expected<OwnedFd> make_memory() {
  OwnedFd fd(memfd_create("weft-flight", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid() || fchmod(fd.get(), 0600) != 0) {
    return error(Code::resource, "memfd_create: {}", errno_text(errno));
  }
  return fd;
}

}  // namespace

Expected<std::unique_ptr<FlightFile>> FlightFile::make(Kind kind, const std::string& directory, const std::string& name,
                                                       size_t places) {
  std::unique_ptr<FlightFile> file(new FlightFile(kind, directory, name));
  if (kind != Kind::private_memory) {
    WEFT_TRY_ASSIGN(file->fd_, kind == Kind::memory ? make_memory() : make_flight_file(directory, name));
    places = places_within_file_size_limit(places);
  }
  WEFT_TRY(file->map(places));
  if (kind == Kind::memory && fcntl(file->fd(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return error(Code::resource, "cannot seal a memfd: {}", errno_text(errno));
  }
  return file;
}

FlightFile::FlightFile(Kind kind, const std::string& directory, const std::string& name)
    : kind_(kind), directory_(directory), path_(directory + "/" + name), generation_(fork_generation()) {}

FlightFile::~FlightFile() {
  if (forked_since(generation_)) return;
  if (memory_ != nullptr) munmap(memory_, places_ * kFlightBytes);
  if (kind_ == Kind::directory && fd_.valid() && fresh_ == 0) unlink(path_.c_str());
}

// As many as the limit of address space allows: the memory itself comes with each place.
Status FlightFile::map(size_t places) {
  const int flags = kind_ == Kind::private_memory ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
  int failed = EFBIG;
  for (; places > 0; places /= 2) {
    const size_t bytes = places * kFlightBytes;
    if (fd_.valid() && ftruncate(fd_.get(), static_cast<off_t>(bytes)) != 0) {
      failed = errno;
      continue;
    }
    void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd_.get(), 0);
    failed = errno;
    if (memory == MAP_FAILED) continue;
    memory_ = static_cast<std::byte*>(memory);
    places_ = places;
    return {};
  }
  return error(Code::resource, "cannot map {} bytes for a flight recorder: {}", kFlightBytes, errno_text(failed));
}

Expected<std::byte*> FlightFile::take_fresh() {
  const size_t offset = fresh_ * kFlightBytes;
  if (const int failed = fd_.valid() ? allocate(fd_.get(), offset) : 0; failed != 0) {
    return error(Code::resource, "a flight recorder needs {} bytes: {}", kFlightBytes, errno_text(failed));
  }
  ++fresh_;
  return memory_ + offset;
}

std::byte* FlightFile::take_given_back() {
  std::byte* const place = given_back_.front();
  given_back_.pop_front();
  return place;
}

void FlightFile::give_back(std::byte* place) {
  given_back_.push_back(place);
}

Expected<OwnedFd> make_flight_file(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  OwnedFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return error(Code::system_error, "cannot make {}: {}", path, errno_text(errno));
  return fd;
}

}  // namespace weft
