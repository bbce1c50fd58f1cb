#include "bootstrap/switchboard.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace weft {

std::vector<Switchboard::Dispatch> Switchboard::take_dispatches(Time now) {
  post_agreements(now);
  return std::exchange(dispatches_, {});
}

void Switchboard::pass_time(Time now) {
  post_agreements(now);
  watch_agreements(now);
  look_for_silence(now);
  look_after_calls(now);
}

void Switchboard::link(const ProcessId& peer) {
  // A process connects anew only after it has seen the old connection break, or given it up on the way.
  const auto old = lines_.find(peer);
  if (old != lines_.end() && old->second.heard) lose(peer, Code::remote_error, "lost its control connection");
  lines_.erase(peer);
  lines_[peer].number = ++link_changes_;
  seats_.meet(peer);
}

void Switchboard::unlink(const ProcessId& peer, LinkEnd end, const std::string& reason) {
  if (end == LinkEnd::process_ended) return lose(peer, Code::remote_error, "died: its process ended");
  if (!lines_.at(peer).heard) return forget(peer);
  if (end == LinkEnd::closed) return lose(peer, Code::remote_error, "died: its control connection closed");
  lose(peer, Code::remote_error, fmt::format("died: its control connection broke ({})", reason));
}

bool Switchboard::hear(const ProcessId& peer, Frame frame, Time now) {
  Line& line = lines_.at(peer);
  line.heard = true;
  line.since = now;
  line.suspected = false;
  const size_t bytes = frame.body.size();
  switch (frame.kind) {
    case FrameKind::ping:
      say(peer, make_frame(FrameKind::pong, {}));
      return true;
    case FrameKind::pong:
      return true;
    case FrameKind::calls:
      if (const auto news = decode_calls(frame.body)) return take_calls(peer, *news, now), true;
      return misunderstand(peer, frame.kind, bytes);
    case FrameKind::parcel:
      return take_parcel(peer, std::move(frame));
    case FrameKind::enroll:
    case FrameKind::leave:
    case FrameKind::failure:
      if (const auto notice = decode_notice(frame.kind, frame.body)) return seats_.tell(peer, *notice), true;
      return misunderstand(peer, frame.kind, bytes);
    case FrameKind::agreement:
      if (const auto news = decode_agreement(frame.body)) return seats_.tell(peer, *news), true;
      return misunderstand(peer, frame.kind, bytes);
    default:
      return misunderstand(peer, frame.kind, bytes);
  }
}

bool Switchboard::misunderstand(const ProcessId& peer, FrameKind kind, size_t bytes) {
  return cut_off(
      peer, Code::remote_error,
      fmt::format("{}: a frame of kind {} and {} bytes; it was cut off", kCorrupt, static_cast<int>(kind), bytes));
}

bool Switchboard::take_parcel(const ProcessId& peer, Frame frame) {
  const auto topic = frame.body.empty() ? Topic{} : static_cast<Topic>(frame.body.front());
  if (frame.has_fd && !frame.fd.valid()) {
    return cut_off(peer, Code::resource,
                   "sent a descriptor for which this process has no number left: raise `ulimit -n`");
  }
  if (!frame.body.empty()) frame.body.erase(frame.body.begin());
  if (mailbox_.put(topic, {peer, std::move(frame.body), std::move(frame.fd)})) return true;
  return cut_off(peer, Code::resource,
                 fmt::format("was cut off: it sent more than {} parcels of topic {} that nobody took",
                             Mailbox::kParcelsMax, static_cast<int>(topic)));
}

void Switchboard::cut_loose(const Status& why) {
  lines_.clear();
  dispatches_.clear();
  ++link_changes_;
  seats_.fail_all(why);
}

uint64_t Switchboard::link_number(const ProcessId& peer) const {
  const auto found = lines_.find(peer);
  return found == lines_.end() ? 0 : found->second.number;
}

void Switchboard::say(const ProcessId& to, FrameBytes frame) {
  if (lines_.contains(to)) dispatches_.push_back({to, std::move(frame)});  // Otherwise it is gone, and its seats know.
}

bool Switchboard::cut_off(const ProcessId& peer, Code code, const std::string& what) {
  dispatches_.push_back({peer, nullptr});
  lose(peer, code, what);
  return false;
}

void Switchboard::lose(const ProcessId& peer, Code code, const std::string& what) {
  forget(peer);
  seats_.lose(peer, code, what);
}

void Switchboard::forget(const ProcessId& peer) {
  lines_.erase(ProcessId(peer));
  ++link_changes_;
}

}  // namespace weft
