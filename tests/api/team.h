// A communicator whose ranks are threads of this process, one thread each, that wait for work: a test says what every
// rank does and gets the answers back.
#pragma once

#include <weft/weft.h>

#include <barrier>
#include <functional>
#include <thread>
#include <vector>

namespace weft::test {

class Team {
 public:
  explicit Team(int ranks);  // Fails the test if the communicator cannot be made.
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int ranks() const { return static_cast<int>(comms_.size()); }
  weftComm_t comm(int rank) const { return comms_[static_cast<size_t>(rank)]; }
  // Every rank runs `work` on its own thread; returns when all have. The results, by rank.
  std::vector<weftResult_t> run(const std::function<weftResult_t(int rank)>& work);

 private:
  void serve(int rank);
  std::vector<weftComm_t> comms_;
  std::barrier<> start_, end_;
  const std::function<weftResult_t(int)>* work_ = nullptr;  // null when the threads are to end
  std::vector<weftResult_t> results_;
  std::vector<std::thread> threads_;
};

}  // namespace weft::test
