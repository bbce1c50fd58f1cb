#include "simulation/rank.h"

#include <algorithm>

#include "bootstrap/succession.h"
#include "simulation/group.h"
#include "simulation/job.h"
#include "simulation/process.h"

namespace weft::simulation {
namespace {

constexpr milliseconds kFirstPause{1}, kLongestPause{50};  // of a rank that gathers
constexpr seconds kInitTimeout{20};
constexpr milliseconds kTellCalls{5}, kWatch{50};

CallWords call_of(int operation, bool deviates) {
  return {static_cast<uint32_t>(operation) | (deviates ? uint64_t{1} << 40 : 0), 7};
}

}  // namespace

Sitting::Sitting(uint64_t communicator, int rank, const Roster& roster, Doorbell& doorbell)
    : alive(static_cast<int>(roster.size()), doorbell), seat({communicator, 0}, rank, Secret{}, roster, &alive) {
  seat.watch.source = {
      .calls = [this](uint32_t around) { return calls_around(around); },
      .place = [this] { return RankPlace{.latest = latest_call(), .inside = !calls.empty()}; },
      .describe = [](const CallWords& words) { return fmt::format("call {}", words.number()); },
      .describe_disagreement =
          [](const Disagreement& found) { return fmt::format("ranks {} and {} differ", found.one, found.other); }};
}

std::vector<CallWords> Sitting::calls_around(uint32_t around) const {
  const size_t wanted = around == 0 ? calls.size() : around + CallComparison::kCallsBehind;
  const size_t end = std::min(calls.size(), wanted), begin = end - std::min(end, CallComparison::kCallsMax);
  return {calls.begin() + static_cast<ptrdiff_t>(begin), calls.begin() + static_cast<ptrdiff_t>(end)};
}

CallWords Sitting::latest_call() const {
  return calls.empty() ? CallWords{} : calls.back();
}

Rank::Rank(Job& job, Process& process, int number, const Program& program)
    : job_(job), process_(process), world_(process.world()), number_(number), program_(program) {}

Rank::~Rank() = default;

Time Rank::wake_at() const {
  if (stage_ == Stage::idle || stage_ == Stage::assembling || stage_ == Stage::over || on_errand_) return Time::max();
  if (resume_ > world_.now()) return resume_;
  return std::min({calls_at_, watch_at_, stage_ == Stage::gathering ? resume_ : Time::max()});
}

void Rank::look() {
  if (!sittings_.empty()) sittings_.back().group->check_limit(sittings_.back().seat.rank);
}

void Rank::show() {
  if (!sittings_.empty()) sittings_.back().group->check(sittings_.back().seat.rank);
}

bool Rank::holds_for_dead(int process) const {
  if (sittings_.empty()) return false;
  const Seat& seat = sittings_.back().seat;
  return std::ranges::any_of(seat.failures().failed(),
                             [&](int rank) { return Process::index_of(seat.member(rank).process) == process; });
}

void Rank::expect_loss(int peer) {
  knew_loss_ = holds_for_dead(peer);
}

void Rank::check_loss(int peer) const {
  if (knew_loss_ || !holds_for_dead(peer)) return;
  const Sitting& sitting = sittings_.back();
  if (sitting.seat.absent != 0 && !sitting.alive.stopped())
    world_.violate("rank {} sees a death while it joins and does not fail", number_);
}

bool Rank::step() {
  if (on_errand_ || (world_.now() < resume_ && stage_ != Stage::gathering)) return false;
  switch (stage_) {
    case Stage::gathering:
      return gather();
    case Stage::calling:
      return call();
    case Stage::waiting:
      return wait();
    case Stage::shrinking:
      return shrink();
    default:
      return false;
  }
}

void Rank::assemble(uint64_t meeting, int rank, int ranks) {
  stage_ = Stage::assembling;
  job_.go_to_root(*this, meeting, rank, ranks);
}

void Rank::hear_roster(const RosterMessage& message) {
  const auto own = std::find_if(message.roster.begin(), message.roster.end(),
                                [&](const Member& member) { return member.pid == number_; });
  if (own == message.roster.end()) return world_.violate("rank {} is not in the roster that it is sent", number_);
  sit_down(message.communicator, own->rank, message.roster);
  Sitting& sitting = sittings_.back();
  if (!process_.board().enter(sitting.seat).ok()) world_.violate("rank {} cannot take its seat", number_);
  gathering_ = std::make_unique<Gathering>(process_.board(), sitting.seat);
  approach_ = 0;
  pause_ = kFirstPause;
  resume_ = world_.now();
  deadline_ = world_.now() + kInitTimeout;
  stage_ = Stage::gathering;
}

void Rank::hear_refusal(const Status& why) {
  world_.note("rank {} is refused: {}", number_, why.text());
  if (!job_.faulty()) world_.violate("rank {} is refused although nothing is wrong: {}", number_, why.text());
  end(Ending::not_joined);
}

// Control::bring_together, where what blocks there is an errand here.
bool Rank::gather() {
  Sitting& sitting = sittings_.back();
  if (!gone_ && !sitting.alive.stopped() && approach_ < gathering_->approaches().size())
    return run_errand(gathering_->approaches()[approach_++]);
  if (!gone_ && !sitting.alive.stopped() && gathering_->complete()) {
    sitting.group->place(sitting.seat.rank).joined = true;
    think(Stage::calling);
    return true;
  }
  if (gone_ || sitting.alive.stopped() || world_.now() >= deadline_) {
    const bool told = sitting.alive.stopped();
    sitting.group->may_fail = true;
    if (world_.now() >= deadline_) check_patience();
    announce(FrameKind::failure, told ? sitting.alive.error().code() : Code::remote_error,
             told ? std::string(sitting.alive.error().text()) : "could not come together with the others", true, told);
    if (!job_.faulty()) world_.violate("rank {} could not join although nothing is wrong", number_);
    sitting.seat.young = true;
    end(Ending::not_joined);
    return true;
  }
  const uint64_t changes = process_.board().link_changes();
  if (world_.now() < resume_ && changes == changes_seen_) return false;
  changes_seen_ = changes;
  resume_ = world_.now() + pause_;
  pause_ = std::min<Span>(2 * pause_, kLongestPause);
  approach_ = 0;
  return true;
}

// It has waited for all of its time: not for those of whom it could know that they do not come.
void Rank::check_patience() {
  const Sitting& sitting = sittings_.back();
  const std::vector<int> absent = sitting.seat.absent_ranks();
  if (absent.empty() && !job_.cut()) world_.violate("rank {} waits although all have come", number_);
  for (const int rank : absent) {
    const auto& place = sitting.group->place(rank);
    const Process& peer = world_.process(place.process);
    const bool long_dead = peer.crashed && world_.now() - peer.crashed_at > seconds(4);
    if (!job_.cut() && (long_dead || (place.left && process_.link_to(peer.index) >= 0)))
      world_.violate("rank {} waits for rank {}, which is gone", number_, rank);
  }
}

bool Rank::run_errand(Gathering::Approach& approach) {
  const auto errand = gathering_->approach(approach, world_.now());
  if (errand == Gathering::Errand::none) return true;
  on_errand_ = true;
  const int peer = Process::index_of(approach.peer->process);
  const bool had_left = sittings_.back().seat.has_left(approach.peer->process);
  const auto come_back = [this, peer, had_left](bool listens) {
    on_errand_ = false;
    gone_ = gone_ || !listens;
    if (!listens && had_left)
      world_.violate("rank {} gives up on process {}, whose ranks came and left", number_, peer);
  };
  if (errand == Gathering::Errand::look) {
    process_.look(peer, come_back);
    return false;
  }
  process_.connect(peer, sittings_.back().seat.key.communicator, [this, &approach, come_back](bool listens) {
    come_back(listens);
    gathering_->connected(approach);
  });
  return false;
}

bool Rank::call() {
  Sitting& sitting = sittings_.back();
  if (sitting.alive.stopped()) return react_to_failure();
  const int operation = static_cast<int>(sitting.calls.size()) + 1;
  if (operation > program_.operations) return finish_operations(), true;
  if (first_communicator_ && operation == program_.leaves_at) {
    return end(Ending::left), true;
  }
  if (first_communicator_ && operation == program_.revokes_at) return fail(Code::aborted, "revoked"), true;
  if (program_.comes_late > Span{} && operation == sitting.group->deviates_at && !std::exchange(was_late_, true)) {
    resume_ = world_.now() + program_.comes_late;
    return true;
  }
  sitting.calls.push_back(call_of(operation, first_communicator_ && operation == program_.deviates_at));
  world_.note("communicator {:x}: rank {} calls operation {}", sitting.seat.key.communicator, sitting.seat.rank,
              operation);
  job_.publish(*sitting.group, sitting.seat.rank, operation);
  if (operation == sitting.group->deviates_at) sitting.group->place(sitting.seat.rank).arrived = world_.now();
  if (program_.dawdles > Span{} && operation == sitting.group->deviates_at) {
    resume_ = world_.now() + program_.dawdles;
    return true;
  }
  stage_ = Stage::waiting;
  since_ = world_.now();
  calls_at_ = since_ + kTellCalls;
  watch_at_ = since_ + kWatch;
  return true;
}

bool Rank::wait() {
  Sitting& sitting = sittings_.back();
  const auto stop_waiting = [&] { calls_at_ = watch_at_ = Time::max(); };
  const std::vector<int> others = awaited();
  if (others.empty()) {
    stop_waiting();
    think(Stage::calling);
    return true;
  }
  if (sitting.alive.stopped()) return stop_waiting(), react_to_failure();
  for (const int rank : others) {
    if (sitting.alive.has_departed(rank)) {
      stop_waiting();
      fail(Code::remote_error, fmt::format("waits for rank {}, which has left", rank));
      return true;
    }
  }
  ask_while_waiting(others);
  return false;
}

void Rank::ask_while_waiting(const std::vector<int>& others) {
  Sitting& sitting = sittings_.back();
  if (world_.now() >= calls_at_) {
    process_.board().tell_calls(sitting.seat, 0, CallsNews::Kind::waiting, world_.now());
    calls_at_ = since_ + 4 * (calls_at_ - since_);
  }
  if (world_.now() < watch_at_) return;
  process_.board().wait_for(sitting.seat, others, world_.now());
  watch_at_ = world_.now() + kWatch;
}

// Those that this rank does not see in its operation: not there yet, in another one, or out of sight.
std::vector<int> Rank::awaited() const {
  const Sitting& sitting = sittings_.back();
  Group& group = *sitting.group;
  const int operation = static_cast<int>(sitting.calls.size());
  std::vector<int> ranks;
  for (int rank = 0; rank < group.size(); ++rank) {
    const auto& other = group.place(rank);
    const bool differs = operation == group.deviates_at && group.deviant >= 0 &&
                         (rank == group.deviant) != (sitting.seat.rank == group.deviant);
    const bool seen = other.published >= operation && !differs && !world_.parted(process_.index, other.process);
    if (rank != sitting.seat.rank && !seen) ranks.push_back(rank);
  }
  return ranks;
}

bool Rank::react_to_failure() {
  if (program_.leaves_on_failure) {
    return end(Ending::left), true;
  }
  think(Stage::shrinking);
  resume_ += program_.reacts;
  return true;
}

// Control::shrink and Communicator::shrink.
bool Rank::shrink() {
  Sitting& sitting = sittings_.back();
  auto& place = sitting.group->place(sitting.seat.rank);
  if (place.asked == static_cast<int>(sitting.shrinks)) {
    ++place.asked;
    world_.note("communicator {:x}: rank {} calls shrink", sitting.seat.key.communicator, sitting.seat.rank);
    sitting.gone_when_called = sitting.seat.failures().failed();
    job_.endanger(*sitting.group);
    process_.board().call(sitting.seat, Subject::shrink, sitting.shrinks);
    watch_at_ = world_.now();
    return true;
  }
  auto shrunk = Switchboard::decided(sitting.seat, Subject::shrink, sitting.shrinks);
  if (shrunk && !std::exchange(noticed_, true) && world_.random.below(2) == 0)
    return think(Stage::shrinking), true;  // The thread that waits comes to it later.
  if (shrunk) {
    noticed_ = false;
    sitting.group->check(sitting.seat.rank);
    watch_at_ = Time::max();
    if (!*shrunk) {
      return end(Ending::expelled), true;
    }
    for (const int rank : sitting.gone_when_called) {
      if (!std::binary_search((*shrunk)->begin(), (*shrunk)->end(), rank))
        world_.violate("rank {} knew that rank {} was gone when it called the shrink that keeps it", number_, rank);
    }
    ++sitting.shrinks;
    take_smaller(**shrunk);
    return true;
  }
  if (world_.now() < watch_at_) return false;
  process_.board().wait_for(sitting.seat, sitting.seat.agreement(Subject::shrink).awaited(), world_.now());
  watch_at_ = world_.now() + kWatch;
  return false;
}

void Rank::take_smaller(const RankSet& failed) {
  Sitting& before = sittings_.back();
  const Successor next = succeed(before.seat.key.communicator, before.seat.roster, before.seat.rank, Subject::shrink,
                                 before.shrinks, failed);
  first_communicator_ = false;
  sit_down(next.communicator, next.rank, next.roster);
  Sitting& smaller = sittings_.back();
  smaller.seat.young = true;
  smaller.group->place(smaller.seat.rank).joined = true;
  if (!process_.board().enter_together(smaller.seat, world_.now()).ok())
    world_.violate("rank {} cannot go on", number_);
  if (!program_.keeps_old) leave(before);
  think(Stage::calling);
}

void Rank::sit_down(uint64_t communicator, int rank, const Roster& roster) {
  Sitting& sitting = sittings_.emplace_back(communicator, rank, roster, process_.doorbell());
  sitting.group = &job_.group(communicator, roster);
  sitting.group->sit(rank, sitting);
  world_.note("process {}: rank {} sits down in communicator {:x} as rank {} of {}", process_.index, number_,
              communicator, rank, roster.size());
}

void Rank::finish_operations() {
  if (program_.grows && !std::exchange(has_grown_, true)) {
    first_communicator_ = false;
    return job_.grow(*this);
  }
  end(Ending::done);
}

// Communicator::fail
void Rank::fail(Code code, const std::string& text) {
  sittings_.back().group->may_fail = true;
  if (sittings_.back().alive.fail(Status(code, text))) announce(FrameKind::failure, code, text, false, false);
  think(Stage::calling);
}

void Rank::announce(FrameKind kind, Code code, const std::string& text, bool joining, bool relayed) {
  const Seat& seat = sittings_.back().seat;
  process_.board().announce(seat,
                            {.kind = kind,
                             .key = seat.key,
                             .rank = seat.rank,
                             .joining = joining || seat.young,
                             .relayed = relayed,
                             .code = code,
                             .text = text},
                            world_.now());
}

// Membership::leave
void Rank::leave(Sitting& sitting) {
  if (std::exchange(sitting.left, true)) return;
  const Seat& seat = sitting.seat;
  sitting.group->check(seat.rank);
  sitting.group->check_knowledge(seat.rank);
  process_.board().leave(sitting.seat, world_.now());
  sitting.group->place(seat.rank).left = true;
  sitting.group->place(seat.rank).published = static_cast<int>(sitting.calls.size());
  sitting.group->place(seat.rank).sitting = nullptr;
}

void Rank::end(Ending ending) {
  static constexpr const char* kNames[] = {"nothing", "done", "left", "expelled", "not joined"};
  world_.note("rank {} ends: {}", number_, kNames[static_cast<size_t>(ending)]);
  for (Sitting& one : sittings_) leave(one);
  stage_ = Stage::over;
  ending_ = ending;
}

void Rank::think(Stage next) {
  stage_ = next;
  resume_ = world_.now() +
            Span(static_cast<int64_t>(world_.random.below(static_cast<uint64_t>(program_.thinks.count()) + 1)));
}

std::string Rank::where() const {
  static constexpr const char* kNames[] = {
      "idle", "at the root", "gathering", "between operations", "in an operation", "shrinking", "over"};
  const std::string place = sittings_.empty()
                                ? ""
                                : fmt::format(" as rank {} of communicator {:x}", sittings_.back().seat.rank,
                                              sittings_.back().seat.key.communicator);
  return fmt::format("rank {} in process {} is {}{}", number_, process_.index, kNames[static_cast<size_t>(stage_)],
                     place);
}

}  // namespace weft::simulation
