#include "simulation/job.h"

#include <algorithm>
#include <iterator>

#include "simulation/process.h"

namespace weft::simulation {
namespace {

constexpr uint64_t kFirstMeeting = 1;
constexpr seconds kEnd{150};  // of simulated time: no rank may wait so long
constexpr milliseconds kShort{3000}, kLong{7000};
constexpr std::chrono::hours kForever{1};

using enum Trouble;
constexpr Trouble kDrawn[] = {none,  crash, link,   short_freeze, storm, long_freeze, parting, tangle, mismatch,
                              storm, crash, tangle, revoke,       leave, grow,        storm,   tangle, all};

}  // namespace

Job::Job(uint64_t seed, bool traced)
    : seed_(seed), world_(mix64(seed), traced), trouble_(kDrawn[seed % std::size(kDrawn)]) {
  static constexpr Span kSlowest[] = {microseconds(300), milliseconds(3), milliseconds(40), milliseconds(200)};
  world_.slowest = kSlowest[world_.random.below(4)];
  world_.slow_one_in = world_.random.below(2) == 0 ? 10 : 2;
  if (world_.random.below(3) == 0) world_.fail_one_in = 4;
  world_.on_crash = [this](int process) {
    for (const auto& [id, meeting] : meetings_) meeting->lose_process(process);
    crash_another();
  };
  draw_processes();
  draw_faults();
}

std::string Job::describe() const {
  static constexpr const char* kNames[] = {
      "nothing",      "crashes",           "a broken link", "a short freeze",     "a long freeze",
      "a partition",  "a mismatch",        "a revoke",      "a rank that leaves", "growing",
      "many crashes", "many broken links", "everything"};
  return fmt::format("seed {}: {} ranks in {} processes, {}", seed_, ranks_, processes_,
                     kNames[static_cast<size_t>(trouble_)]);
}

std::string Job::run() {
  meetings_[kFirstMeeting] = std::make_unique<Meeting>(world_, kFirstMeeting, 0);
  meetings_[kFirstMeeting]->open();
  for (int rank = 0; rank < ranks_; ++rank) {
    Rank& one = *members_[static_cast<size_t>(rank)];
    world_.at(world_.now() + world_.delay(), one.process().index,
              [this, &one, rank] { one.assemble(kFirstMeeting, rank, ranks_); });
  }
  world_.run_until(kBeginning + kEnd);
  if (world_.violation().empty()) judge();
  return world_.violation();
}

void Job::draw_processes() {
  Random& random = world_.random;
  ranks_ = static_cast<int>(2 + random.below(5));
  if (has(Trouble::storm) || has(Trouble::tangle)) ranks_ = static_cast<int>(3 + random.below(7));
  if (seed_ % 20 == 7) ranks_ = static_cast<int>(6 + random.below(11));
  if (seed_ % 1000 == 77) ranks_ = static_cast<int>(32 + random.below(33));
  if (has(Trouble::mismatch)) {
    deviant_ = static_cast<int>(random.below(static_cast<uint64_t>(ranks_)));
    deviates_at_ = 1 + static_cast<int>(random.below(2));
  }
  const uint64_t share = 1 + random.below(3);  // ranks in a process, at most
  const Span thinks = random.below(2) == 0 ? Span(microseconds(100)) : Span(milliseconds(10));
  const bool grows = has(Trouble::grow) && random.below(4) != 0;
  const int patient = has(Trouble::mismatch) ? static_cast<int>(random.below(static_cast<uint64_t>(ranks_))) : -1;
  const auto add = [&](int rank, Process& process) {
    Program program = draw_program();
    program.grows = grows;
    program.thinks = thinks;
    if (rank == deviant_) program.deviates_at = deviates_at_;
    // The ranks that do not wait for each other are asked.
    if (patient >= 0 && rank != patient && random.below(2) == 0) program.dawdles = kLong;
    if (patient >= 0 && rank != patient && random.below(3) == 0)
      program.comes_late =
          Span(static_cast<int64_t>(random.below(Span(kShort).count())));  // The others are there still.
    auto added = std::make_unique<Rank>(*this, process, rank, program);
    (rank < ranks_ ? members_ : fresh_).push_back(added.get());
    process.add_rank(std::move(added));
  };
  for (int rank = 0; rank < ranks_;) {
    Process& process = world_.add_process();
    process.exits = random.below(2) == 0;
    for (uint64_t left = 1 + random.below(share); left > 0 && rank < ranks_; --left) add(rank++, process);
  }
  processes_ = static_cast<int>(world_.processes());
  if (!grows) return;
  const int fresh = 1 + static_cast<int>(random.below(3));
  for (int one = 0; one < fresh; ++one) add(ranks_ + one, world_.add_process());
}

Program Job::draw_program() {
  Random& random = world_.random;
  Program program;
  if (has(Trouble::storm)) program.operations = 4;
  program.keeps_old = random.below(2) == 0;
  if (random.below(4) == 0) program.reacts = milliseconds(random.below(1000));
  if (has(Trouble::revoke) && random.below(3) == 0) program.revokes_at = 1 + static_cast<int>(random.below(2));
  if (has(Trouble::leave) && random.below(3) == 0) program.leaves_at = 1 + static_cast<int>(random.below(2));
  if (has(Trouble::leave) && random.below(4) == 0) program.leaves_on_failure = true;
  return program;
}

int Job::any_process() {
  return static_cast<int>(world_.random.below(static_cast<uint64_t>(processes_)));
}

// At a moment drawn on one of several scales: while ranks join, in the first operations, or when all is long over.
void Job::befall(std::function<void()> fault) {
  const Span within = milliseconds(1) * (1 << world_.random.below(7));
  world_.at(kBeginning + Span(static_cast<int64_t>(world_.random.below(static_cast<uint64_t>(within.count())))),
            std::move(fault));
}

// Deaths come together: at the moment when the survivors of the last one agree.
void Job::crash_another() {
  Random& random = world_.random;
  if (random.below(has(Trouble::storm) ? 5 : 2) == 0) return;
  int victim = any_process();
  for (int lowest = 0; random.below(2) == 0 && lowest < processes_; ++lowest) {
    victim = lowest;
    if (!world_.process(lowest).gone()) break;
  }
  const int words = static_cast<int>(random.below(2 * static_cast<uint64_t>(ranks_)));
  const Span within = random.below(2) == 0 ? Span(microseconds(500)) : Span(milliseconds(30));
  world_.at(world_.now() + Span(static_cast<int64_t>(random.below(static_cast<uint64_t>(within.count())))), victim,
            [this, victim, words] { doom(victim, words); });
}

void Job::endanger(Group& group) {
  if (!has(Trouble::storm) || world_.random.below(3) != 0) return;
  for (int rank = 0; rank < group.size(); ++rank) {
    if (world_.process(group.place(rank).process).gone() || group.place(rank).left) continue;
    return doom(group.place(rank).process,
                static_cast<int>(world_.random.below(3 * static_cast<uint64_t>(group.size()))));
  }
}

void Job::doom(int victim, int words) {
  world_.process(victim).words_left = words;
  world_.blame(victim);
}

void Job::draw_faults() {
  Random& random = world_.random;
  const bool crashes = has(Trouble::crash) || has(Trouble::storm) || (has(Trouble::grow) && random.below(2) == 0) ||
                       ((has(Trouble::leave) || has(Trouble::revoke)) && random.below(2) == 0);
  if (crashes) {
    for (uint64_t left = 1 + random.below(static_cast<uint64_t>(processes_)); left > 0; --left) {
      const int victim = any_process();
      const int words = random.below(2) == 0 ? -1 : static_cast<int>(random.below(6));
      befall([this, victim, words] {
        if (words < 0) return world_.crash(victim);
        doom(victim, words);
      });
    }
  }
  if (has(Trouble::link)) {
    const int one = any_process(), other = any_process();
    befall([this, one, other] { world_.break_connection(one, other); });
  }
  if (has(Trouble::tangle)) draw_tangle();
  draw_silence();
}

// Ranks take each other for dead, and not all the same ones.
void Job::draw_tangle() {
  Random& random = world_.random;
  const Span close = random.below(2) == 0 ? Span(microseconds(300)) : Span(milliseconds(3));
  befall([this, close, &random] {
    for (uint64_t left = 1 + random.below(4); left > 0; --left) {
      const int one = random.below(2) == 0 ? 0 : any_process(), other = any_process();
      const Span later(static_cast<int64_t>(random.below(static_cast<uint64_t>(close.count()))));
      world_.at(world_.now() + later, [this, one, other] { world_.break_connection(one, other); });
    }
    if (random.below(3) == 0) doom(any_process(), static_cast<int>(random.below(2 * static_cast<uint64_t>(ranks_))));
  });
}

void Job::draw_silence() {
  Random& random = world_.random;
  if (has(Trouble::short_freeze)) {
    const int victim = any_process();
    const Span span(static_cast<int64_t>(random.below(static_cast<uint64_t>(Span(kShort).count()))));
    befall([this, victim, span] { world_.freeze(victim, span); });
  }
  if (has(Trouble::long_freeze)) {
    const int victim = any_process();
    befall([this, victim] {
      world_.freeze(victim, kLong);
      world_.blame(victim);
    });
  }
  if (!has(Trouble::parting)) return;
  std::vector<bool> side(world_.processes());
  for (size_t one = 0; one < side.size(); ++one) side[one] = random.below(2) == 0;
  static constexpr Span kSpans[] = {milliseconds(100), kShort, kLong, kForever};
  const Span span = kSpans[random.below(4)];
  befall([this, side, span] {
    world_.part(side, span);
    if (span > kShort) {
      for (int process = 0; process < static_cast<int>(world_.processes()); ++process) world_.blame(process);
    }
  });
}

Group& Job::group(uint64_t communicator, const Roster& roster) {
  auto& place = groups_[communicator];
  if (place != nullptr) return *place;
  place = std::make_unique<Group>(world_, communicator, roster);
  place->only_crashes = trouble_ == Trouble::crash || trouble_ == Trouble::storm;
  place->may_fail = has(Trouble::leave) || has(Trouble::revoke);
  if (groups_.size() == 1) {
    place->deviant = deviant_;
    place->deviates_at = deviates_at_;
  }
  return *place;
}

// The others see it somewhat later, as they would see a flag in shared memory.
void Job::publish(Group& group, int rank, int operation) {
  world_.at(world_.now() + world_.delay(), [this, &group, rank, operation] {
    group.place(rank).published = std::max(group.place(rank).published, operation);
    for (int other = 0; other < group.size(); ++other) {
      const int process = group.place(other).process;
      const bool again = other > 0 && group.place(other - 1).process == process;
      if (!again) world_.at(world_.now(), process, [] {});
    }
  });
}

void Job::go_to_root(Rank& rank, uint64_t meeting, int place, int ranks) {
  meetings_.at(meeting)->come(rank, place, ranks, 0);
}

// Who comes first, makes the root known; it runs where rank 0 of the communicator lives, from the moment that rank 0
// has come.
void Job::grow(Rank& rank) {
  const Sitting& sitting = *rank.sitting();
  const uint64_t id = mix64(sitting.seat.key.communicator);
  const int size = static_cast<int>(sitting.seat.roster.size());
  const int ranks = size + static_cast<int>(fresh_.size());
  auto& meeting = meetings_[id];
  if (meeting == nullptr)
    meeting = std::make_unique<Meeting>(world_, id, Process::index_of(sitting.seat.member(0).process));
  if (sitting.seat.rank == 0) {
    meeting->open();
    for (size_t one = 0; one < fresh_.size(); ++one) {
      Rank* const fresh = fresh_[one];
      if (fresh->idle())
        world_.at(world_.now() + world_.delay(), fresh->process().index,
                  [fresh, id, one, size, ranks] { fresh->assemble(id, size + static_cast<int>(one), ranks); });
    }
  }
  rank.assemble(id, sitting.seat.rank, ranks);
}

}  // namespace weft::simulation
