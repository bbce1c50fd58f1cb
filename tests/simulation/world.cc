#include "simulation/world.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "simulation/process.h"

namespace weft::simulation {
namespace {

using LinkEnd = Switchboard::LinkEnd;
constexpr size_t kTraceLines = 400;

constexpr int other_end(int end) {
  return end ^ 1;
}

}  // namespace

World::World(uint64_t seed, bool traced) : random(seed), traced_(traced) {}

World::~World() = default;

Process& World::add_process() {
  processes_.push_back(std::make_unique<Process>(*this, static_cast<int>(processes_.size())));
  return *processes_.back();
}

void World::at(Time time, int process, std::function<void()> happens) {
  events_.push({time, order_++, process, std::move(happens)});
}

void World::run_until(Time end) {
  while (!events_.empty() && violation_.empty() && events_.top().time <= end) {
    // The queue lets nothing be moved out of it; what is compared stays.
    Event event = std::move(const_cast<Event&>(events_.top()));
    events_.pop();
    now_ = std::max(now_, event.time);
    if (event.process < 0) {
      event.happens();
      continue;
    }
    Process& process = *processes_[static_cast<size_t>(event.process)];
    if (process.gone()) continue;
    if (now_ < process.frozen_until) {
      at(process.frozen_until, event.process, std::move(event.happens));
      continue;
    }
    event.happens();
    process.settle();
  }
}

Span World::delay() {
  if (random.below(slow_one_in) != 0) return microseconds(10 + random.below(200));
  return microseconds(10) + Span(static_cast<int64_t>(random.below(static_cast<uint64_t>(slowest.count()))));
}

void World::blame(int process) {
  this->process(process).blamed = true;
}

void World::crash(int process) {
  Process& victim = this->process(process);
  if (victim.gone()) return;
  note("process {} crashes", process);
  victim.crashed = true;
  victim.crashed_at = now_;
  blame(process);
  for (int end = 0; end < static_cast<int>(ends_.size()); ++end) {
    if (end_at(end).process != process || end_at(end).closed) continue;
    End& peer = end_at(other_end(end));
    end_at(end).closed = end_at(end).ended = true;
    if (peer.ended) continue;
    // What it said last may arrive, or the beginning of it.
    if (random.below(3) == 0) peer.arriving.resize(random.below(peer.arriving.size() + 1));
    finish_stream(other_end(end), static_cast<LinkEnd>(random.below(3)));
  }
  on_crash(process);
}

void World::freeze(int process, Span span) {
  if (this->process(process).gone()) return;
  note("process {} freezes for {} ms", process, span / milliseconds(1));
  Time& until = this->process(process).frozen_until;
  until = std::max(until, now_ + span);
}

void World::part(const std::vector<bool>& side, Span span) {
  note("a partition of {} ms", span / milliseconds(1));
  partings_.push_back({side, now_ + span});
}

bool World::parted(int one, int other) const {
  return std::any_of(partings_.begin(), partings_.end(), [&](const Parting& parting) {
    return now_ < parting.until && parting.side[static_cast<size_t>(one)] != parting.side[static_cast<size_t>(other)];
  });
}

void World::break_connection(int one, int other) {
  const int end = process(one).link_to(other);
  if (end < 0) return;
  note("the connection of processes {} and {} breaks", one, other);
  blame(one);
  blame(other);
  for (const int side : {end, other_end(end)}) {
    end_at(side).arriving.clear();
    if (!end_at(side).ended) finish_stream(side, LinkEnd::broken);
  }
}

int World::open_connection(int accepting, int connecting) {
  ends_.emplace_back().process = accepting;
  ends_.emplace_back().process = connecting;
  return static_cast<int>(ends_.size()) - 2;
}

void World::adopt(int end) {
  End& here = end_at(end);
  here.adopted = true;
  for (; here.early > 0; --here.early) at(now_, here.process, [this, end] { deliver(end); });
}

void World::send(int end, FrameBytes frame) {
  if (!end_at(other_end(end)).ended) put(other_end(end), {std::move(frame)});
}

// The other side reads what was sent before, unless the kernel throws it away because something lies unread here.
void World::close(int end) {
  End& here = end_at(end);
  here.closed = here.ended = true;
  const bool unread = !here.arriving.empty();
  here.arriving.clear();
  End& peer = end_at(other_end(end));
  if (peer.ended) return;
  const bool destroyed = unread && random.below(2) == 0;
  if (destroyed) peer.arriving.clear();
  finish_stream(other_end(end), destroyed ? LinkEnd::broken : LinkEnd::closed);
}

void World::finish(int end) {
  end_at(end).arriving.clear();
  close(end);
}

void World::finish_stream(int end, LinkEnd how) {
  put(end, {nullptr, how});
  end_at(end).ended = true;
}

void World::put(int end, Item item) {
  End& to = end_at(end);
  to.arriving.push_back(std::move(item));
  to.latest = std::max(to.latest, now_ + delay());
  at(to.latest, to.process, [this, end] { deliver(end); });
}

void World::deliver(int end) {
  End& here = end_at(end);
  if (here.closed || here.arriving.empty()) return;
  if (!here.adopted) {
    ++here.early;
    return;
  }
  const int peer = end_at(other_end(end)).process;
  for (const Parting& parting : partings_) {
    if (now_ >= parting.until) continue;
    if (parting.side[static_cast<size_t>(here.process)] == parting.side[static_cast<size_t>(peer)]) continue;
    return at(parting.until + delay(), here.process, [this, end] { deliver(end); });
  }
  Item item = std::move(here.arriving.front());
  here.arriving.pop_front();
  if (item.frame == nullptr) {
    here.closed = true;
    return process(here.process).lose(peer, item.end);
  }
  process(here.process).hear(peer, *item.frame);
}

void World::write(std::string line) {
  if (trace_.size() == kTraceLines) trace_.pop_front();
  const auto us = std::chrono::duration_cast<microseconds>(now_ - kBeginning).count();
  trace_.push_back(fmt::format("{:>10.3f} ms  {}", static_cast<double>(us) / 1000, line));
}

}  // namespace weft::simulation
