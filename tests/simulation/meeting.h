// A simulated root: the production Assembly, and in place of its sockets the simulated network. Lives in a process and
// dies with it. Who waits for a root that says nothing gives up, as the library does.
#pragma once

#include <list>
#include <optional>

#include "bootstrap/assembly.h"
#include "simulation/world.h"

namespace weft::simulation {

class Rank;

class Meeting {
 public:
  Meeting(World& world, uint64_t id, int process) : world_(world), id_(id), process_(process) {}

  // From now on ranks are heard.
  void open();
  void come(Rank& visitor, int rank, int ranks, uint64_t plan);
  void lose_process(int process);

 private:
  struct Visitor {
    Rank* rank;
    Hello hello;
    std::vector<std::byte> message;
    bool heard = false, answered = false, gone = false;
  };
  void hear(Visitor& visitor);
  void answer_if_decided();
  void answer(Visitor& visitor);

  World& world_;
  const uint64_t id_;
  const int process_;
  bool open_ = false;
  Assembly assembly_;
  std::list<Visitor> visitors_;
  std::optional<std::vector<std::byte>> roster_;  // once complete
};

}  // namespace weft::simulation
