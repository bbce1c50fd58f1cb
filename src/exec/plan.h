// A plan: a schedule bound to the open ends of its connections, ready to run any number of times on any buffers. Cached
// by the communicator; knows nothing of sizes, pointers or types.
//
// Its lanes are kept unrolled, as flat lists of moves: about 50 bytes a move, so that a call reads them one after the
// other and computes no chunk numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "exec/ends.h"
#include "schedule/step.h"

namespace weft {

// One move of a lane. Its set is listed three times in Plan::chunks(), as step->count chunk numbers each.
struct Move {
  const Step* step;
  uint32_t recv_first, send_first;  // ports of the schedule
  uint32_t data;                    // the data chunks that the set stands for; they decide how long it is
  uint32_t sources, targets;        // the chunks of the source's and the target's buffer, if it has one
  bool has_source, has_target;
  uint8_t own;  // recv ports that are folded before the source; all of them where there is none
};

class Plan {
 public:
  explicit Plan(Schedule schedule);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  const Schedule& schedule() const { return schedule_; }
  std::span<const Move> moves(size_t lane) const { return moves_[lane]; }
  const uint32_t* chunks(uint32_t first) const { return chunks_.data() + first; }
  std::span<const uint32_t> data_of(const Move& move) const { return {chunks(move.data), move.step->count}; }

  // The ends that the plan's ports have so far; asserts that they have the credits that the schedule needs. To be
  // called again until all connections are open.
  void bind(Ends& ends, bool all_open);
  bool is_open() const { return open_; }
  // By port number of the schedule; null while the connection is not open: then the port is busy.
  SendEnd* const* sends(uint32_t first) const { return sends_.data() + first; }
  RecvEnd* const* recvs(uint32_t first) const { return recvs_.data() + first; }

  // The largest pass that keeps every step within one slot: what each pass takes of every chunk, in bytes.
  uint64_t pass_bytes(uint32_t slot_bytes) const { return std::max<uint64_t>(16, slot_bytes / widest_set_ / 16 * 16); }

 private:
  void unroll(const Lane& lane);
  uint32_t list(const Lane& lane, const Step& step, const Ref& ref, uint32_t trip);

  const Schedule schedule_;
  std::vector<std::vector<Move>> moves_;  // of each lane
  std::vector<uint32_t> chunks_;
  uint32_t widest_set_ = 1;
  bool open_ = false;
  std::vector<SendEnd*> sends_;
  std::vector<RecvEnd*> recvs_;
};

}  // namespace weft
