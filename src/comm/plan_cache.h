// The plans that a communicator has used: one per collective, root and power-of-two class of sizes, because `choose` is
// constant within a class. Looked up on every call, filled on the first of each kind.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "collectives/collective.h"
#include "comm/operation.h"
#include "exec/host_executor.h"
#include "exec/plan.h"

namespace weft {

// A plan with the executor that runs it, and what its latest call made it run with.
struct PreparedPlan {
  PreparedPlan(Schedule schedule, int its_root, std::string_view its_algorithm, uint32_t slot_bytes)
      : root(its_root), algorithm(its_algorithm), plan(std::move(schedule)), executor(plan, slot_bytes) {}
  int root;
  std::string_view algorithm;
  Plan plan;
  HostExecutor executor;

  bool fits(const Operation& call) const {
    return call.count == count && call.type == type && call.op == op && call.call_class == call_class;
  }
  size_t count = 0;  // of the call that `work` was made for; 0: of none
  DataType type{};
  Operator op{};
  CallClass call_class{};
  uint64_t before_input = 0, before_output = 0;  // bytes from where chunk 0 would lie to the caller's buffer
  Work work;
};

class PlanCache {
 public:
  // Null if there is none yet.
  PreparedPlan* find(Collective collective, int root, int size_class) {
    Shelf& shelf = shelves_[static_cast<size_t>(collective)][static_cast<size_t>(size_class)];
    return shelf.latest != nullptr && shelf.latest->root == root ? shelf.latest : find_on(shelf, root);
  }
  // Classes that share an algorithm share the plan.
  PreparedPlan* find_algorithm(Collective collective, int root, std::string_view algorithm);
  void put(Collective collective, int size_class, PreparedPlan* plan);
  PreparedPlan* own(Collective collective, std::unique_ptr<PreparedPlan> plan);

 private:
  struct Shelf {
    PreparedPlan* latest = nullptr;
    std::vector<PreparedPlan*> plans;
  };
  static PreparedPlan* find_on(Shelf& shelf, int root);
  std::array<std::array<Shelf, 65>, kCollectiveCount> shelves_;
  std::array<std::vector<std::unique_ptr<PreparedPlan>>, kCollectiveCount> plans_;
};

}  // namespace weft
