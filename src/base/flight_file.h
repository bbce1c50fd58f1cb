// The memory of flight recorders: a file of places, each of which holds the record of one rank of a communicator at a
// time. A few files serve any number of communicators, so that these cost neither descriptors nor mappings. Owned by
// flight_places, which also keeps other threads out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/status.h"

namespace weft {

class FlightFile {
 public:
  // `memory`: a sealed memfd, which other processes can read. `directory`: a file that has a name. `private_memory`:
  // none, when the system gives no memfd.
  enum class Kind : uint8_t { memory, directory, private_memory };
  // Of `places` places, or fewer where a limit of the process does not allow so many. The name is for a directory.
  static Expected<std::unique_ptr<FlightFile>> make(Kind kind, const std::string& directory, const std::string& name,
                                                    size_t places);
  // In a forked child it stays mapped, for recorders that the parent has made. A file in which nobody had a place has
  // no reason to stay in its directory.
  ~FlightFile();
  FlightFile(const FlightFile&) = delete;
  FlightFile& operator=(const FlightFile&) = delete;

  // A place of kFlightBytes whose memory is there, with whatever stood in it. An error if the system has no memory for
  // it; one of has_fresh() and given_back() must have said that there is one.
  Expected<std::byte*> take_fresh();
  std::byte* take_given_back();  // the one that was given back first
  void give_back(std::byte* place);
  bool has_fresh() const { return fresh_ < places_; }
  size_t given_back() const { return given_back_.size(); }
  bool unused() const { return given_back_.size() == fresh_; }

  Kind kind() const { return kind_; }
  const std::string& directory() const { return directory_; }
  size_t places() const { return places_; }
  int fd() const { return fd_.get(); }  // -1: private memory

 private:
  FlightFile(Kind kind, const std::string& directory, const std::string& name);
  Status map(size_t places);

  const Kind kind_;
  const std::string directory_, path_;
  const uint32_t generation_;
  OwnedFd fd_;
  std::byte* memory_ = nullptr;
  size_t places_ = 0;
  size_t fresh_ = 0;  // the first place that nobody had yet
  std::deque<std::byte*> given_back_;
};

// A file that only its owner can read, made here and now: one that is there already is an error.
Expected<OwnedFd> make_flight_file(const std::string& directory, const std::string& name);

}  // namespace weft
