// All ranks of a communicator in one thread: the executors are advanced in turn, so a test is the same every time. The
// connections are real ones: shared memory, or a loop network of either kind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/alive.h"
#include "collectives/catalog.h"
#include "exec/host_executor.h"
#include "support/values.h"
#include "transport/couriers.h"
#include "transport/loop/loop_network.h"

namespace weft::test {

enum class Wire : uint8_t { shm, loop_mapped, loop_message, loop_message_faulty };
std::string name_of(Wire wire);

// What a test runs: one collective, on all ranks.
struct Job {
  const CatalogRow* row;
  int ranks = 2;
  int root = 0;
  Inputs inputs;     // type, operator and values
  size_t count = 1;  // as the API counts
  bool in_place = false;
  uint64_t block_bytes() const { return count * bytes_of(inputs.type); }
  size_t blocks() const { return is_blocked(row->collective) ? static_cast<size_t>(ranks) : 1; }
};

class World {
 public:
  World(Wire wire, int ranks, const ConnectionShape& shape);
  ~World();
  // Runs the job to its end and returns what is wrong, in words; empty if results and executed slots are right.
  std::string run(const Job& job);

 private:
  struct Rank;
  std::string execute(const Job& job);
  std::string check_outputs(const Job& job) const;
  std::string check_trace(const Job& job) const;
  void open(const Job& job);
  void fill(const Job& job);
  Work work_of(const Job& job, size_t rank);

  const ConnectionShape shape_;
  PostOffice office_;
  std::unique_ptr<MemoryCourier> courier_;
  std::shared_ptr<LoopNetwork> network_;
  Doorbell doorbell_;
  uint32_t operations_ = 0;
  std::vector<std::unique_ptr<Rank>> ranks_;
};

}  // namespace weft::test
