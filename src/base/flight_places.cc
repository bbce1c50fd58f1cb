#include "base/flight_places.h"

#include <pthread.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/flight_file.h"
#include "base/flight_format.h"
#include "base/fork.h"
#include "base/log.h"

namespace weft {
namespace {

using Kind = FlightFile::Kind;

struct Files {
  std::mutex mutex;  // held across fork, so the child finds a whole list
  std::vector<std::unique_ptr<FlightFile>> files;
};

Files& all() {
  static Files* const instance = new Files;  // Never destroyed: communicators may outlive static destructors.
  return *instance;
}

void before_fork() {
  all().mutex.lock();
}
void in_parent() {
  all().mutex.unlock();
}
void in_child() {
  all().files.clear();  // The child's recorders must not lie in the parent's files.
  all().mutex.unlock();
}

struct Found {
  FlightFile* file;
  std::byte* memory;
};

// From files that are there; nothing if they are full.
Expected<std::optional<Found>> take_from_files(const std::string& directory) {
  for (const size_t kept : {FlightPlace::kLeftKept, size_t{0}}) {
    for (const auto& file : all().files) {
      if (file->directory() != directory) continue;
      if (file->given_back() > kept) return Found{file.get(), file->take_given_back()};
      if (!file->has_fresh()) continue;
      auto memory = file->take_fresh();
      if (memory) return Found{file.get(), *memory};
      if (!directory.empty()) return failure_of(std::move(memory));
    }
  }
  return std::nullopt;
}

Expected<Found> take_from_new_file(Kind kind, const std::string& directory, const std::string& name) {
  auto& files = all().files;
  size_t places = FlightPlace::kFirstPlaces;
  for (const auto& file : files) {
    if (file->directory() == directory) places = std::min(2 * std::max(places, file->places()), kFlightPlacesMax);
  }
  WEFT_TRY_ASSIGN(auto file, FlightFile::make(kind, directory, name, places));
  WEFT_TRY_ASSIGN(std::byte* const memory, file->take_fresh());
  files.push_back(std::move(file));
  return Found{files.back().get(), memory};
}

Expected<Found> take_from_new_file(const std::string& directory, const std::string& name) {
  if (!directory.empty()) return take_from_new_file(Kind::directory, directory, name);
  auto found = take_from_new_file(Kind::memory, directory, name);
  if (found) return found;
  log_info("flight", "no memory file for the flight recorder ({}): nobody but this process can read it",
           found.error().text());
  return take_from_new_file(Kind::private_memory, directory, name);
}

}  // namespace

Expected<FlightPlace> FlightPlace::take(const std::string& directory, const std::string& name) {
  // The generation first: children count themselves in the order of registration, and in_child must find it counted.
  static const int registered = (fork_generation(), pthread_atfork(before_fork, in_parent, in_child));
  static_cast<void>(registered);
  std::lock_guard lock(all().mutex);
  WEFT_TRY_ASSIGN(const std::optional<Found> found, take_from_files(directory));
  if (found) return FlightPlace(found->file, found->memory, false);
  auto made = take_from_new_file(directory, name);
  if (made) return FlightPlace(made->file, made->memory, true);
  if (directory.empty()) return failure_of(std::move(made));
  return error(made.error().code(), "WEFT_TRACE_DIR={}: {}", directory, made.error().text());
}

FlightPlace::FlightPlace(FlightFile* file, std::byte* memory, bool first_of_file)
    : file_(file), memory_(memory), fd_(file->fd()), first_of_file_(first_of_file), generation_(fork_generation()) {}

FlightPlace::FlightPlace(FlightPlace&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)),
      memory_(other.memory_),
      fd_(other.fd_),
      first_of_file_(other.first_of_file_),
      generation_(other.generation_) {}

FlightPlace::~FlightPlace() {
  if (file_ == nullptr || inherited()) return;
  std::lock_guard lock(all().mutex);
  file_->give_back(memory_);
  if (file_->unused()) std::erase_if(all().files, [&](const auto& file) { return file.get() == file_; });
}

int FlightPlace::fd() const {
  return inherited() ? -1 : fd_;
}

bool FlightPlace::inherited() const {
  return forked_since(generation_);
}

}  // namespace weft
