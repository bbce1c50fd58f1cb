// A simulated process: the production switchboard, the mailbox, and the ranks that the process hosts. It plays the part
// of Control: carries out what the switchboard wants, and wakes when something is due.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/doorbell.h"
#include "simulation/world.h"

namespace weft::simulation {

class Rank;

class Process {
 public:
  Process(World& world, int index);
  ~Process();

  const int index;
  const ProcessId id;
  bool crashed = false, exited = false;
  bool blamed = false;  // others may treat it as dead
  Time frozen_until{}, crashed_at{};
  bool exits = false;   // when its ranks are done
  int words_left = -1;  // it crashes when it has said so many more; -1: it does not

  bool gone() const { return crashed || exited; }
  World& world() { return world_; }
  Switchboard& board() { return board_; }
  Mailbox& mailbox() { return mailbox_; }
  Doorbell& doorbell() { return doorbell_; }
  void add_rank(std::unique_ptr<Rank> rank);
  const std::vector<std::unique_ptr<Rank>>& ranks() const { return ranks_; }

  // After every event here: lets time pass and the ranks go on, carries out what comes of it.
  void settle();
  void hear(int peer, const std::vector<std::byte>& frame);
  void lose(int peer, Switchboard::LinkEnd end);
  int link_to(int peer) const;  // this process's end of the connection; -1: there is none
  void exit();                  // in good order

  // One attempt to connect; `done` with false if nobody listens there.
  void connect(int peer, uint64_t communicator, std::function<void(bool)> done);
  // Whether the peer listens.
  void look(int peer, std::function<void(bool)> done);
  static int index_of(const ProcessId& id);

 private:
  struct Attempt {
    int peer;
    uint64_t communicator;
    std::function<void(bool)> done;
    bool over = false;
  };
  void knock_at(const std::shared_ptr<Attempt>& attempt);
  void let_in(Process& caller, const std::shared_ptr<Attempt>& attempt);
  void end_attempt(Attempt& attempt, bool listens);
  void take_link(int peer, int end);
  void carry_out();
  void wake_when_due();

  World& world_;
  Doorbell doorbell_;
  Mailbox mailbox_;
  Switchboard board_;
  std::map<int, int> links_;  // by peer: ends
  std::vector<std::unique_ptr<Rank>> ranks_;
  Time wakes_at_ = Time::max();
  bool heard_ = false;  // something that its control thread woke for
};

}  // namespace weft::simulation
