// A plan: a schedule bound to the open ends of its connections, ready to run any number of times on any buffers. Cached
// by the communicator; knows nothing of sizes, pointers or types.
#pragma once

#include <cstdint>
#include <vector>

#include "exec/ends.h"
#include "schedule/step.h"

namespace weft {

class Plan {
 public:
  explicit Plan(Schedule schedule);

  const Schedule& schedule() const { return schedule_; }
  // The ends that the plan's ports have so far; asserts that they have the credits that the schedule needs. To be
  // called again until all connections are open.
  void bind(Ends& ends, bool all_open);
  bool is_open() const { return open_; }
  // By port number of the schedule; null while the connection is not open: then the port is busy.
  SendEnd** sends() { return sends_.data(); }
  RecvEnd** recvs() { return recvs_.data(); }

  // The largest pass that keeps every step within one slot: what each pass takes of every chunk, in bytes.
  uint64_t pass_bytes(uint32_t slot_bytes) const { return std::max<uint64_t>(16, slot_bytes / widest_set_ / 16 * 16); }

 private:
  Schedule schedule_;
  uint32_t widest_set_ = 1;
  bool open_ = false;
  std::vector<SendEnd*> sends_;
  std::vector<RecvEnd*> recvs_;
};

}  // namespace weft
