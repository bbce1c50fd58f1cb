// A folder of flight records whose every byte is fixed, and gone at the end of the test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weft::test {

struct FixedOperation {
  uint32_t sequence;
  uint64_t began_ticks, took_ticks;  // a tick has half a nanosecond
  int result = 0;
  bool ended = true;
};

class FlightFolder {
 public:
  FlightFolder();
  ~FlightFolder();
  FlightFolder(const FlightFolder&) = delete;
  FlightFolder& operator=(const FlightFolder&) = delete;

  const std::string& path() const { return path_; }
  // All that stands in the folder now, sorted.
  std::vector<std::string> files() const;
  // The record of a rank of 3 whose operations are all_reduces of 4096 float32; each host has a clock of its own.
  std::string write(int rank, const std::string& host, uint64_t boot, int64_t realtime_offset_ns,
                    const std::vector<FixedOperation>& operations) const;
  std::string write_bytes(const std::string& name, const std::string& bytes) const;

 private:
  std::string path_;
};

}  // namespace weft::test
