#include "simulation/process.h"

#include <algorithm>

#include "simulation/rank.h"

namespace weft::simulation {
namespace {

constexpr milliseconds kKnock{2000};  // kKnockMs: what one attempt may take

// Random bytes first, because they decide which of two processes connects.
ProcessId draw_id(World& world, int index) {
  ProcessId id;
  id.bytes[0] = static_cast<uint8_t>(world.random.below(256));
  id.bytes[1] = static_cast<uint8_t>(index >> 8);
  id.bytes[2] = static_cast<uint8_t>(index);
  return id;
}

Frame cut(const std::vector<std::byte>& bytes) {
  Frame frame;
  frame.kind = static_cast<FrameKind>(bytes[4]);
  frame.body.assign(bytes.begin() + kFrameHeaderBytes, bytes.end());
  return frame;
}

const char* name_of(FrameKind kind) {
  switch (kind) {
    case FrameKind::enroll:
      return "enroll";
    case FrameKind::leave:
      return "leave";
    case FrameKind::failure:
      return "failure";
    case FrameKind::agreement:
      return "agreement";
    case FrameKind::calls:
      return "calls";
    default:
      return "frame";
  }
}

}  // namespace

Process::Process(World& world, int the_index)
    : index(the_index), id(draw_id(world, the_index)), world_(world), board_(id, mailbox_) {}

Process::~Process() = default;

int Process::index_of(const ProcessId& id) {
  return id.bytes[1] << 8 | id.bytes[2];
}

void Process::add_rank(std::unique_ptr<Rank> rank) {
  ranks_.push_back(std::move(rank));
}

int Process::link_to(int peer) const {
  const auto found = links_.find(peer);
  return found == links_.end() ? -1 : found->second;
}

void Process::settle() {
  if (gone()) return;
  for (const auto& rank : ranks_) rank->look();
  // The ranks' own threads leave the time to the control thread.
  if (std::exchange(heard_, false) || world_.now() >= board_.wake_at()) board_.pass_time(world_.now());
  carry_out();
  for (bool progress = true; progress && !gone();) {
    progress = false;
    for (const auto& rank : ranks_) progress = rank->step() || progress;
    carry_out();
  }
  for (const auto& rank : ranks_) rank->show();
  const bool over =
      std::all_of(ranks_.begin(), ranks_.end(), [](const auto& rank) { return rank->ending() != Ending::none; });
  if (!gone() && over && exits) exit();
  if (!gone()) wake_when_due();
}

void Process::wake_when_due() {
  Time due = board_.wake_at();
  for (const auto& rank : ranks_) due = std::min(due, rank->wake_at());
  if (due >= wakes_at_) return;
  wakes_at_ = std::max(due, world_.now());
  world_.at(wakes_at_, index, [this, at = wakes_at_] {
    if (wakes_at_ == at) wakes_at_ = Time::max();
  });
}

void Process::carry_out() {
  for (Switchboard::Dispatch& dispatch : board_.take_dispatches(world_.now())) {
    const int peer = index_of(dispatch.to);
    const int end = link_to(peer);
    if (end < 0) continue;
    if (dispatch.frame == nullptr) {
      world_.note("process {} cuts {} off", index, peer);
      links_.erase(peer);
      world_.close(end);
      if (world_.process(peer).blamed) world_.blame(index);  // To the other it looks dead, when that goes on.
      continue;
    }
    if (words_left >= 0 && words_left-- == 0) return world_.crash(index);
    world_.send(end, std::move(dispatch.frame));
  }
}

void Process::hear(int peer, const std::vector<std::byte>& frame) {
  const auto kind = static_cast<FrameKind>(frame[4]);
  if (kind != FrameKind::ping && kind != FrameKind::pong)
    world_.note("process {} hears from {}: {}", index, peer, name_of(kind));
  if (link_to(peer) < 0) return;
  heard_ = true;
  if (!board_.hear(world_.process(peer).id, cut(frame), world_.now())) {
    world_.violate("process {} does not understand a frame of kind {} from {}", index, static_cast<int>(frame[4]),
                   peer);
  }
}

void Process::lose(int peer, Switchboard::LinkEnd end) {
  world_.note("process {} sees its link to {} end", index, peer);
  if (link_to(peer) < 0) return;
  heard_ = true;
  links_.erase(peer);
  for (const auto& rank : ranks_) rank->expect_loss(peer);
  board_.unlink(world_.process(peer).id, end, "broke");
  for (const auto& rank : ranks_) rank->check_loss(peer);
}

void Process::exit() {
  world_.note("process {} exits", index);
  exited = true;
  for (const auto& [peer, end] : links_) world_.finish(end);
}

void Process::take_link(int peer, int end) {
  if (const int old = link_to(peer); old >= 0) world_.close(old);
  board_.link(world_.process(peer).id);
  links_[peer] = end;
  world_.adopt(end);
}

void Process::connect(int peer, uint64_t communicator, std::function<void(bool)> done) {
  auto attempt = std::make_shared<Attempt>(Attempt{peer, communicator, std::move(done)});
  world_.at(world_.now() + world_.delay(), [this, attempt] { knock_at(attempt); });
  world_.at(world_.now() + kKnock, index, [this, attempt] { end_attempt(*attempt, true); });
}

// What the kernel of the peer's host does: it answers at once if nobody listens.
void Process::knock_at(const std::shared_ptr<Attempt>& attempt) {
  Process& peer = world_.process(attempt->peer);
  if (world_.parted(index, peer.index)) return;
  if (peer.gone())
    return world_.at(world_.now() + world_.delay(), index, [this, attempt] { end_attempt(*attempt, false); });
  world_.at(world_.now(), peer.index, [this, &peer, attempt] { peer.let_in(*this, attempt); });
}

void Process::let_in(Process& caller, const std::shared_ptr<Attempt>& attempt) {
  if (attempt->over || caller.gone()) return;
  const bool known = board_.secret_of(attempt->communicator, caller.id).has_value();
  const int end = known ? world_.open_connection(index, caller.index) : -1;
  if (known) take_link(caller.index, end);
  world_.at(world_.now() + world_.delay(), caller.index, [&caller, attempt, end] {
    const bool gives_up = caller.world_.random.below(caller.world_.fail_one_in) == 0;
    const bool wanted = !attempt->over && !gives_up && caller.link_to(attempt->peer) < 0;
    if (end >= 0 && wanted) caller.take_link(attempt->peer, end + 1);
    if (end >= 0 && !wanted) caller.world_.close(end + 1);
    caller.end_attempt(*attempt, true);
  });
}

void Process::end_attempt(Attempt& attempt, bool listens) {
  if (!std::exchange(attempt.over, true)) attempt.done(listens);
}

void Process::look(int peer, std::function<void(bool)> done) {
  world_.at(world_.now() + world_.delay(), [this, peer, done = std::move(done)] {
    const bool listens = !world_.process(peer).gone() || world_.parted(index, peer);
    world_.at(world_.now() + world_.delay(), index, [done, listens] { done(listens); });
  });
}

}  // namespace weft::simulation
