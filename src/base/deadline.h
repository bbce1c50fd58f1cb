// A point in time on CLOCK_MONOTONIC. Every wait has one; `never` is allowed only where the header of the caller says
// so.
#pragma once

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstdint>

namespace weft {

using Clock = std::chrono::steady_clock;

class Deadline {
 public:
  static Deadline never() { return Deadline(Clock::time_point::max()); }
  static Deadline at(Clock::time_point at) { return Deadline(at); }
  static Deadline after(std::chrono::nanoseconds span) { return Deadline(Clock::now() + span); }
  static Deadline after_ms(int64_t ms) { return after(std::chrono::milliseconds(ms)); }

  // The sooner of this deadline and a span from now.
  Deadline or_after(std::chrono::nanoseconds span) const { return Deadline(std::min(at_, Clock::now() + span)); }
  auto operator<=>(const Deadline&) const = default;  // the earlier is the smaller

  bool is_never() const { return at_ == Clock::time_point::max(); }
  bool passed() const { return !is_never() && Clock::now() >= at_; }
  bool passed_at(Clock::time_point now) const { return now >= at_; }
  // Milliseconds left, rounded up, never below 0 and never above `most_ms`: the timeout of poll() and of futex waits.
  int64_t left_ms(int64_t most_ms) const {
    if (is_never()) return most_ms;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now()).count();
    return std::clamp<int64_t>(left, 0, most_ms);
  }

 private:
  explicit Deadline(Clock::time_point at) : at_(at) {}
  Clock::time_point at_;
};

}  // namespace weft
