// Links of the control thread: how they come, carry frames and end. Every function here runs with the mutex held.
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/contain.h"
#include "base/log.h"
#include "bootstrap/control.h"
#include "bootstrap/control_tokens.h"

namespace weft {

void Control::carry_out() {
  for (Switchboard::Dispatch& dispatch : switchboard_->take_dispatches(Clock::now())) {
    Link* const link = find_link(dispatch.to);
    if (link == nullptr) continue;
    if (dispatch.frame == nullptr) {
      forget_link(*link);
    } else {
      link->push(std::move(dispatch.frame));
      flush_link(*link);
    }
  }
  changed_.notify_all();
  if (switchboard_->wake_at() < asleep_until_) eventfd_write(wake_.get(), 1);
}

Link* Control::find_link(const ProcessId& peer) {
  const auto found = links_.find(peer);
  return found == links_.end() ? nullptr : found->second.get();
}

void Control::adopt(const ProcessId& peer, PrivateFd fd, bool local, pid_t pid) {
  if (Link* old = find_link(peer); old != nullptr) forget_link(*old);
  switchboard_->link(peer);
  auto link = std::make_unique<Link>(peer, std::move(fd), local, pid);
  link->token = next_token_++;
  const bool heard = watch(EPOLL_CTL_ADD, link->socket(), socket_event(link->token), EPOLLIN);
  if (link->process() >= 0) watch(EPOLL_CTL_ADD, link->process(), process_event(link->token), EPOLLIN);
  tokens_[link->token] = peer;
  Link& adopted = *(links_[peer] = std::move(link));
  if (heard) return;
  switchboard_->lose(peer, Code::resource, "cannot be heard: this process can watch no further connection");
  forget_link(adopted);
}

void Control::read_link(Link& link, bool process_ended) {
  auto state = FrameReader::State::open;
  std::vector<Frame> frames;
  do {
    frames.clear();
    state = link.read(frames);
    for (Frame& frame : frames) {
      if (!take_frame(link, std::move(frame))) return;
    }
  } while (process_ended && state == FrameReader::State::open && !frames.empty());  // Its last words count.
  if (state == FrameReader::State::open && !process_ended) return;
  using End = Switchboard::LinkEnd;
  const End how = state == FrameReader::State::closed ? End::closed : End::broken;
  switchboard_->unlink(link.peer(), process_ended ? End::process_ended : how, link.broken_reason());
  forget_link(link);
}

bool Control::take_frame(Link& link, Frame frame) {
  const bool parcel = frame.kind == FrameKind::parcel;
  if (!switchboard_->hear(link.peer(), std::move(frame), Clock::now())) return carry_out(), false;
  if (parcel && doorbell_ != nullptr) doorbell_->ring();
  return true;
}

void Control::flush_link(Link& link) {
  // An error shows again when the socket is read, and what the peer said before it is not lost.
  const bool broken = link.flush() != 0;
  const bool waits = !broken && !link.flushed();
  if (waits == link.waits_to_send) return;
  link.waits_to_send = waits;
  watch(EPOLL_CTL_MOD, link.socket(), socket_event(link.token), waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void Control::forget_link(Link& link) {
  watch(EPOLL_CTL_DEL, link.socket(), 0, 0);  // By hand: a forked child's copy would keep it registered after close.
  if (link.process() >= 0) watch(EPOLL_CTL_DEL, link.process(), 0, 0);
  tokens_.erase(link.token);
  links_.erase(ProcessId(link.peer()));
}

void Control::cut_loose() {
  std::lock_guard lock(mutex_);
  while (!links_.empty()) forget_link(*links_.begin()->second);
  try {
    switchboard_->cut_loose(status_of_exception());
  } catch (...) {  // Not even memory to say so: the ranks learn it when they next need the others.
  }
  changed_.notify_all();
}

bool Control::watch(int operation, int fd, uint64_t event_token, uint32_t events) {
  epoll_event event{events, {.u64 = event_token}};
  if (epoll_ctl(epoll_.get(), operation, fd, &event) == 0) return true;
  log_warn("bootstrap", "epoll_ctl({}, {}): {}", operation, fd, errno_text(errno));
  return false;
}

}  // namespace weft
