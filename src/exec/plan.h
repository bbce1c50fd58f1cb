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
  // The ports that some step sends to or receives from.
  const std::vector<Port>& send_ports() const { return send_ports_; }
  const std::vector<Port>& recv_ports() const { return recv_ports_; }

  // Looks the ends up; all are open. Asserts that the connections have the credits that the schedule needs.
  void bind(Ends& ends);
  // By port number of the schedule; a port may have one direction only, the other is null.
  SendEnd** sends() { return sends_.data(); }
  RecvEnd** recvs() { return recvs_.data(); }

  // The largest pass that keeps every step within one slot: what each pass takes of every chunk, in bytes.
  uint64_t pass_bytes(uint32_t slot_bytes) const { return std::max<uint64_t>(16, slot_bytes / widest_set_ / 16 * 16); }

 private:
  Schedule schedule_;
  uint32_t widest_set_ = 1;
  std::vector<uint8_t> sends_to_, receives_from_;  // by port number
  std::vector<Port> send_ports_, recv_ports_;
  std::vector<SendEnd*> sends_;
  std::vector<RecvEnd*> recvs_;
};

}  // namespace weft
