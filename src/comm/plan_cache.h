// The plans that a communicator has used: one per collective, root and power-of-two class of sizes, because `choose` is
// constant within a class. Looked up on every call, filled on the first of each kind.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "collectives/collective.h"
#include "exec/host_executor.h"
#include "exec/plan.h"

namespace weft {

// A plan with the executor that runs it.
struct PreparedPlan {
  PreparedPlan(Schedule schedule, int its_root, std::string_view its_algorithm, uint32_t slot_bytes)
      : root(its_root), algorithm(its_algorithm), plan(std::move(schedule)), executor(plan, slot_bytes) {}
  int root;
  std::string_view algorithm;
  Plan plan;
  HostExecutor executor;
};

class PlanCache {
 public:
  // Null if there is none yet.
  PreparedPlan* find(Collective collective, int root, int size_class) {
    Shelf& shelf = shelves_[static_cast<size_t>(collective)][static_cast<size_t>(size_class)];
    if (shelf.latest != nullptr && shelf.latest->root == root) return shelf.latest;
    for (PreparedPlan* plan : shelf.plans) {
      if (plan->root == root) return shelf.latest = plan;
    }
    return nullptr;
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
  std::array<std::array<Shelf, 65>, kCollectiveCount> shelves_;
  std::array<std::vector<std::unique_ptr<PreparedPlan>>, kCollectiveCount> plans_;
};

}  // namespace weft
