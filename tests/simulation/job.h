// A whole job drawn from a seed: how many ranks in how many processes, what they do, and what befalls them. Runs it and
// says what went wrong, if anything did.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/group.h"
#include "simulation/meeting.h"
#include "simulation/rank.h"

namespace weft::simulation {

// What befalls the ranks; one of them in a job, or several.
enum class Trouble : uint8_t {
  none,
  crash,
  link,
  short_freeze,
  long_freeze,
  parting,
  mismatch,
  revoke,
  leave,
  grow,
  storm,
  tangle,
  all
};

class Job {
 public:
  Job(uint64_t seed, bool traced);
  // The first violation; empty: none.
  std::string run();
  World& world() { return world_; }
  std::string describe() const;

  // For ranks.
  bool faulty() const { return trouble_ != Trouble::none; }
  bool cut() const {
    return has(Trouble::parting) || has(Trouble::link) || has(Trouble::tangle) || has(Trouble::long_freeze) ||
           has(Trouble::short_freeze);
  }
  Group& group(uint64_t communicator, const Roster& roster);
  void endanger(Group& group);  // it shrinks: whoever coordinates may die of it
  void publish(Group& group, int rank, int operation);
  void go_to_root(Rank& rank, uint64_t meeting, int place, int ranks);
  void grow(Rank& rank);

 private:
  bool has(Trouble one) const { return trouble_ == one || trouble_ == Trouble::all; }
  void draw_processes();
  Program draw_program();
  void draw_faults();
  void draw_silence();
  void draw_tangle();
  void befall(std::function<void()> fault);
  int any_process();
  void crash_another();
  void doom(int victim, int words);  // it crashes when it has said so many more
  // verdict.cc: when everything has come to rest
  void judge();
  void judge_rank(Rank& rank);
  void judge_thawed(Rank& rank);
  void judge_expelled();
  void judge_mismatch();

  const uint64_t seed_;
  World world_;
  Trouble trouble_;
  int ranks_ = 0;
  int processes_ = 0;           // those of the fresh ranks are further ones
  std::vector<Rank*> members_;  // from the beginning
  std::vector<Rank*> fresh_;    // come when the others grow
  std::map<uint64_t, std::unique_ptr<Group>> groups_;
  std::map<uint64_t, std::unique_ptr<Meeting>> meetings_;
  int deviant_ = -1, deviates_at_ = 0;
};

}  // namespace weft::simulation
