// Links of the control thread: how they come, carry frames and end. Every function here runs with the mutex held.
#include <sys/epoll.h>

#include "base/contain.h"
#include "base/log.h"
#include "bootstrap/control.h"
#include "bootstrap/control_tokens.h"

namespace weft {

Link* Control::find_link(const ProcessId& peer) {
  const auto found = links_.find(peer);
  return found == links_.end() ? nullptr : found->second.get();
}

void Control::adopt(const ProcessId& peer, PrivateFd fd, bool local, pid_t pid) {
  // A process connects anew only after it has seen the old connection break.
  if (Link* old = find_link(peer); old != nullptr) lose_link(*old, Code::remote_error, "lost its control connection");
  auto link = std::make_unique<Link>(peer, std::move(fd), local, pid);
  link->token = next_token_++;
  const bool heard = watch(EPOLL_CTL_ADD, link->socket(), socket_event(link->token), EPOLLIN);
  if (link->process() >= 0) watch(EPOLL_CTL_ADD, link->process(), process_event(link->token), EPOLLIN);
  tokens_[link->token] = peer;
  links_[peer] = std::move(link);
  ++link_changes_;
  changed_.notify_all();
  if (!heard) lose_link(*links_[peer], Code::resource, "cannot be heard: this process can watch no further connection");
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
  if (process_ended) return lose_link(link, Code::remote_error, "died: its process ended");
  if (!link.heard) return forget_link(link);
  if (state == FrameReader::State::closed)
    return lose_link(link, Code::remote_error, "died: its control connection closed");
  lose_link(link, Code::remote_error, fmt::format("died: its control connection broke ({})", link.broken_reason()));
}

bool Control::take_frame(Link& link, Frame frame) {
  link.heard = true;
  link.watch.since = Clock::now();
  link.watch.suspected = false;
  switch (frame.kind) {
    case FrameKind::ping:
      link.push(make_frame(FrameKind::pong, {}));
      flush_link(link);
      return true;
    case FrameKind::pong:
      return true;
    case FrameKind::calls:
      if (const auto news = decode_calls(frame.body)) return take_calls(link.peer(), *news), true;
      return cut_off(link, frame);
    case FrameKind::parcel:
      return take_parcel(link, std::move(frame));
    case FrameKind::enroll:
    case FrameKind::leave:
    case FrameKind::failure:
      if (const auto notice = decode_notice(frame.kind, frame.body)) {
        seats_.tell(link.peer(), *notice);
        changed_.notify_all();
        return true;
      }
      return cut_off(link, frame);
    case FrameKind::agreement:
      if (const auto news = decode_agreement(frame.body)) {
        seats_.tell(link.peer(), *news);
        changed_.notify_all();
        return true;
      }
      return cut_off(link, frame);
    default:
      return cut_off(link, frame);
  }
}

bool Control::cut_off(Link& link, const Frame& frame) {
  lose_link(link, Code::remote_error,
            fmt::format("was cut off: it sent a frame of kind {} and {} bytes that this weft does not understand",
                        static_cast<int>(frame.kind), frame.body.size()));
  return false;
}

bool Control::take_parcel(Link& link, Frame frame) {
  const auto topic = frame.body.empty() ? Topic{} : static_cast<Topic>(frame.body.front());
  if (frame.has_fd && !frame.fd.valid()) {
    lose_link(link, Code::resource, "sent a descriptor for which this process has no number left: raise `ulimit -n`");
    return false;
  }
  if (!frame.body.empty()) frame.body.erase(frame.body.begin());
  if (!mailbox_.put(topic, {link.peer(), std::move(frame.body), std::move(frame.fd)})) {
    lose_link(link, Code::resource,
              fmt::format("was cut off: it sent more than {} parcels of topic {} that nobody took",
                          Mailbox::kParcelsMax, static_cast<int>(topic)));
    return false;
  }
  if (doorbell_ != nullptr) doorbell_->ring();
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

void Control::lose_link(Link& link, Code code, const std::string& what) {
  const ProcessId peer = link.peer();
  forget_link(link);
  seats_.lose(peer, code, what);
}

void Control::forget_link(Link& link) {
  watch(EPOLL_CTL_DEL, link.socket(), 0, 0);  // By hand: a forked child's copy would keep it registered after close.
  if (link.process() >= 0) watch(EPOLL_CTL_DEL, link.process(), 0, 0);
  tokens_.erase(link.token);
  links_.erase(ProcessId(link.peer()));
  ++link_changes_;
  changed_.notify_all();
}

void Control::cut_loose() {
  std::lock_guard lock(mutex_);
  while (!links_.empty()) forget_link(*links_.begin()->second);
  try {
    seats_.fail_all(status_of_exception());
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
