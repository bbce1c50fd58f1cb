// The client's side of PMI-1, the text protocol that MPICH's hydra (and others after it) speaks over the socket in
// PMI_FD: one line of key=value words each way, strictly in turns. It offers a store of short texts for the job and a
// barrier. One object per process; one thread at a time. The socket is lent by the launcher and never closed here; it
// is made close-on-exec, since a child that spoke on it would speak in our name.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"

namespace weft {

class Pmi1 {
 public:
  static Expected<Pmi1> open(int fd, Deadline deadline);

  // Bytes under a name that was not used before in this job; split over several entries where one is too short.
  Status put(std::string_view name, std::span<const std::byte> bytes, Deadline deadline);
  // What another process has put; put and get need a barrier between them.
  Expected<std::vector<std::byte>> get(std::string_view name, Deadline deadline);
  // Returns when every process of the job has called it.
  Status barrier(Deadline deadline);
  // Tells the launcher that this process may now end. Nothing can be asked afterwards. A process that opened and ends
  // without it makes the launcher end the whole job.
  Status finalize(Deadline deadline);

 private:
  using Words = std::map<std::string, std::string, std::less<>>;

  explicit Pmi1(int fd) : fd_(fd) {}
  // Sends a line and reads the answer, whose `cmd` must be `answer` and whose `rc`, if there, 0. After a failure the
  // two sides may be out of turn, so every later call fails with the first text.
  Expected<Words> ask(std::string_view line, std::string_view answer, Deadline deadline);
  Expected<Words> ask_once(std::string_view line, std::string_view answer, Deadline deadline) const;
  Status send_line(std::string_view line, Deadline deadline) const;
  Expected<std::string> recv_line(Deadline deadline) const;
  Status put_text(std::string_view key, std::string_view text, Deadline deadline);
  Expected<std::string> get_text(std::string_view key, Deadline deadline);

  int fd_;
  std::string store_;          // kvsname, the store's name in every line
  size_t text_bytes_max_ = 0;  // of one entry
  Status first_failure_;
};

}  // namespace weft
