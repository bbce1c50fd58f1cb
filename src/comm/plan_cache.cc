#include "comm/plan_cache.h"

namespace weft {

PreparedPlan* PlanCache::find_on(Shelf& shelf, int root) {
  for (PreparedPlan* plan : shelf.plans) {
    if (plan->root == root) return shelf.latest = plan;
  }
  return nullptr;
}

PreparedPlan* PlanCache::find_algorithm(Collective collective, int root, std::string_view algorithm) {
  for (const auto& plan : plans_[static_cast<size_t>(collective)]) {
    if (plan->root == root && plan->algorithm == algorithm) return plan.get();
  }
  return nullptr;
}

void PlanCache::put(Collective collective, int size_class, PreparedPlan* plan) {
  Shelf& shelf = shelves_[static_cast<size_t>(collective)][static_cast<size_t>(size_class)];
  shelf.plans.push_back(plan);
  shelf.latest = plan;
}

PreparedPlan* PlanCache::own(Collective collective, std::unique_ptr<PreparedPlan> plan) {
  return plans_[static_cast<size_t>(collective)].emplace_back(std::move(plan)).get();
}

}  // namespace weft
