#include "exec/plan.h"

#include "base/assert.h"
#include "schedule/expand.h"

namespace weft {

Plan::Plan(Schedule schedule)
    : schedule_(std::move(schedule)), sends_(schedule_.ports.size(), nullptr), recvs_(schedule_.ports.size(), nullptr) {
  for (const Lane& lane : schedule_.lanes) {
    for (Cursor cursor(schedule_, lane); !cursor.at_end(); cursor.next()) {
      const Step& step = cursor.step();
      WEFT_ASSERT(step.source.buffer != Buffer::none || step.target.buffer != Buffer::none);
      widest_set_ = std::max(widest_set_, step.count);
    }
  }
}

void Plan::bind(Ends& ends, bool all_open) {
  WEFT_ASSERT(ends.shape().slots >= schedule_.credits_needed + kWithheldMost);
  for (size_t i = 0; i < schedule_.ports.size(); ++i) {
    sends_[i] = ends.send_end(schedule_.ports[i]);
    recvs_[i] = ends.recv_end(schedule_.ports[i]);
  }
  open_ = all_open;
}

}  // namespace weft
