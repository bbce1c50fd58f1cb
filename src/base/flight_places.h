// Where the flight recorders of this process lie. The first file has kFirstPlaces, each further one twice as many as
// the one before; a file goes with the last recorder in it. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/status.h"

namespace weft {

class FlightFile;

// A place in a file, given back by its last owner; in a forked child it stays the parent's.
class FlightPlace {
 public:
  // In a file of `directory`, which is called `name` if it must be made; or in memory, if the directory has no name.
  // Only the directory can be an error: without a memfd the place is in private memory.
  static Expected<FlightPlace> take(const std::string& directory, const std::string& name);
  FlightPlace(FlightPlace&& other) noexcept;
  FlightPlace& operator=(FlightPlace&&) = delete;
  ~FlightPlace();

  std::byte* memory() const { return memory_; }
  int fd() const;  // -1: private memory, or inherited
  // Whether it is the first that was taken of its file: then nobody outside knows of the file yet.
  bool first_of_file() const { return first_of_file_; }
  bool inherited() const;  // the recorder of a parent of this process

  static constexpr size_t kFirstPlaces = 64;
  // Of a file: records of ranks that have left are kept while there is room, and so many even if there is none.
  static constexpr size_t kLeftKept = 8;

 private:
  FlightPlace(FlightFile* file, std::byte* memory, bool first_of_file);
  FlightFile* file_;  // null: moved from
  std::byte* memory_;
  int fd_;
  bool first_of_file_;
  uint32_t generation_;
};

}  // namespace weft
