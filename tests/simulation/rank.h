// One simulated rank: a program that joins, runs operations, shrinks after failures, grows and leaves, as a user of the
// library would. It plays the part of Membership and of the wait loop: what it asks of the switchboard is what they
// ask. An operation is a barrier: it is over when every rank is seen in it.
#pragma once

#include <list>
#include <memory>
#include <optional>

#include "base/doorbell.h"
#include "bootstrap/gathering.h"
#include "bootstrap/rendezvous.h"
#include "simulation/world.h"

namespace weft::simulation {

class Job;
class Group;
class Process;

// A rank's place in one communicator.
struct Sitting {
  Sitting(uint64_t communicator, int rank, const Roster& roster, Doorbell& doorbell);
  Alive alive;
  Seat seat;
  RankSet gone_when_called;      // a shrink: those that the rank knew of
  size_t shrinks = 0;            // taken
  std::vector<CallWords> calls;  // all of them
  std::vector<CallWords> calls_around(uint32_t around) const;
  CallWords latest_call() const;
  Group* group = nullptr;
  bool left = false;
};

// What a rank does that not all do.
struct Program {
  int operations = 2;              // in each communicator
  int deviates_at = 0;             // the operation of the first communicator in which it calls something else; 0: none
  int revokes_at = 0;              // the same, for weftCommRevoke
  Span dawdles{};                  // after the operation in which ranks differ, which it does not wait for
  Span comes_late{};               // to the operation in which ranks differ
  int leaves_at = 0;               // before that operation, without a word
  bool leaves_on_failure = false;  // instead of shrinking
  bool grows = false;              // in the end, with the others of its communicator
  bool keeps_old = false;          // the communicator that it has shrunk, until the end
  Span reacts{};                   // so late to a failure, without leaving
  Span thinks{};                   // at most so long between two things that it does
};

enum class Ending : uint8_t { none, done, left, expelled, not_joined };

class Rank {
 public:
  Rank(Job& job, Process& process, int number, const Program& program);
  ~Rank();

  // Before anything happens in its process.
  void look();
  // After it: what the rank has been told is checked.
  void show();
  // Goes on as far as it can; true if it did.
  bool step();
  // Around the end of a link: who joins and sees a death in it, fails at once.
  void expect_loss(int peer);
  void check_loss(int peer) const;
  Time wake_at() const;
  Ending ending() const { return ending_; }
  bool idle() const { return stage_ == Stage::idle; }
  const Sitting* sitting() const { return sittings_.empty() ? nullptr : &sittings_.back(); }
  Process& process() { return process_; }
  int number() const { return number_; }
  const Program& program() const { return program_; }
  std::string where() const;  // it stands, for violations

  // Goes to a root as this rank of so many.
  void assemble(uint64_t meeting, int rank, int ranks);
  void hear_roster(const RosterMessage& message);
  void hear_refusal(const Status& why);

 private:
  enum class Stage : uint8_t { idle, assembling, gathering, calling, waiting, shrinking, over };

  bool gather();
  bool run_errand(Gathering::Approach& approach);
  void check_patience();
  bool holds_for_dead(int process) const;
  bool call();
  bool wait();
  bool shrink();
  bool react_to_failure();
  void ask_while_waiting(const std::vector<int>& others);
  std::vector<int> awaited() const;
  void sit_down(uint64_t communicator, int rank, const Roster& roster);
  void take_smaller(const RankSet& failed);
  void finish_operations();
  void fail(Code code, const std::string& text);
  void announce(FrameKind kind, Code code, const std::string& text, bool joining, bool relayed);
  void leave(Sitting& sitting);
  void end(Ending ending);
  void think(Stage next);

  Job& job_;
  Process& process_;
  World& world_;
  const int number_;  // of all ranks that ever are
  const Program program_;
  Stage stage_ = Stage::idle;
  Ending ending_ = Ending::none;
  std::list<Sitting> sittings_;  // the last is the one in use
  bool first_communicator_ = true;
  bool has_grown_ = false, was_late_ = false;
  bool knew_loss_ = false;  // that ranks of that process are gone
  bool noticed_ = false;    // that the shrink it waits for is over

  std::unique_ptr<Gathering> gathering_;
  size_t approach_ = 0;  // the next one to look at
  bool on_errand_ = false, gone_ = false;
  uint64_t changes_seen_ = 0;
  Span pause_{};
  Time deadline_{};
  Time resume_{};                                         // it does nothing before
  Time since_{};                                          // it waits
  Time calls_at_ = Time::max(), watch_at_ = Time::max();  // when it tells its calls, says for whom it waits
};

}  // namespace weft::simulation
