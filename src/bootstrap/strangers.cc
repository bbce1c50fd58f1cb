#include "bootstrap/strangers.h"

#include <algorithm>
#include <atomic>

#include "base/log.h"

namespace weft {
namespace {

// Of this process, in milliseconds of the clock; the beginning of time: none yet.
std::atomic<int64_t> next_line_at{0};

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
}

// Whether this thread is the one to write a line now.
bool take_turn() {
  const int64_t now = now_ms();
  int64_t due = next_line_at.load(std::memory_order_relaxed);  // No other data hangs on it.
  return now >= due && next_line_at.compare_exchange_strong(due, now + Strangers::kLineMs, std::memory_order_relaxed);
}

}  // namespace

void Strangers::count(std::string from) {
  ++total_;
  ++untold_;
  latest_ = std::move(from);
}

int Strangers::timeout_ms() const {
  if (untold_ == 0) return -1;
  return static_cast<int>(std::clamp<int64_t>(next_line_at.load(std::memory_order_relaxed) - now_ms(), 0, kLineMs));
}

void Strangers::tell() {
  if (untold_ == 0 || !take_turn()) return;
  log_warn("bootstrap", "turned away {} {} that is no rank of this job, the latest from {}; the job is not affected",
           untold_, untold_ == 1 ? "caller" : "callers", latest_);
  untold_ = 0;
}

}  // namespace weft
