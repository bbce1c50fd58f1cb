// The control thread's loop: wait, then serve what has news, with the mutex held.
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <span>

#include "bootstrap/control.h"
#include "bootstrap/control_tokens.h"
#include "bootstrap/gate.h"

namespace weft {
namespace {

constexpr int64_t kSleepMs = 3'600'000;  // nothing to do: an event ends it

}  // namespace

void Control::serve() {
  while (!stopping_) serve_or_cut_loose(kSleepMs);
  say_farewell();
}

// What was being done when memory ran out is half done, and no peer will hear the rest of it.
void Control::serve_or_cut_loose(int64_t at_most_ms) {
  try {
    serve_once(at_most_ms);
  } catch (...) {
    cut_loose();
  }
}

void Control::serve_once(int64_t at_most_ms) {
  const int gate_ms = gate_->timeout_ms();  // Only this thread changes the gate.
  int64_t sleep_ms = gate_ms < 0 ? at_most_ms : std::min<int64_t>(at_most_ms, gate_ms);
  {
    std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    asleep_until_ = std::min(now + std::chrono::milliseconds(sleep_ms), switchboard_->wake_at());
    sleep_ms = std::max<int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(asleep_until_ - now).count());
  }
  std::array<epoll_event, 64> events;
  const int count =
      epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), static_cast<int>(sleep_ms));
  std::lock_guard lock(mutex_);
  asleep_until_ = Clock::time_point::min();
  for (const epoll_event& event : std::span(events).first(static_cast<size_t>(std::max(count, 0)))) {
    serve_event(event.data.u64, event.events);
  }
  admit_guests();
  switchboard_->pass_time(Clock::now());
  carry_out();
}

void Control::serve_event(uint64_t event_token, uint32_t events) {
  if (event_token == kGateToken) return;  // The gate is served after all events.
  if (event_token == kWakeToken) {
    eventfd_t rings = 0;
    eventfd_read(wake_.get(), &rings);
    return;
  }
  if (event_token == kStopToken) {
    stopping_ = true;
    return;
  }
  const auto found = tokens_.find(link_of_event(event_token));
  if (found == tokens_.end()) return;  // The link ended while this event was on its way.
  Link& link = *find_link(found->second);
  if ((events & EPOLLOUT) != 0) flush_link(link);
  if ((events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) read_link(link, is_process_event(event_token));
}

void Control::admit_guests() {
  for (Guest& guest : gate_->serve()) adopt(guest.hello.process, std::move(guest.fd), guest.local, guest.pid);
}

// All ranks have left, and what they said last must reach the others: a socket closed with unread bytes in it would
// destroy what is on its way. So: no more sending, and reading until the other side has closed too.
void Control::say_farewell() {
  const Deadline end = Deadline::after_ms(kFarewellMs);
  {
    std::lock_guard lock(mutex_);
    watch(EPOLL_CTL_DEL, gate_->fd(), kGateToken, 0);
    watch(EPOLL_CTL_DEL, stop_.get(), kStopToken, 0);
    gate_->close();
  }
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (links_.empty() || end.passed()) return;
      for (auto& [peer, link] : links_) {
        flush_link(*link);
        if (link->flushed()) link->end_sending();
      }
    }
    serve_or_cut_loose(end.left_ms(kFarewellMs));
  }
}

}  // namespace weft
