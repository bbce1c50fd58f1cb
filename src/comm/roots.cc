#include "comm/roots.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace weft {
namespace {

struct Roots {
  std::mutex mutex;
  std::vector<std::unique_ptr<Root>> roots;
};

Roots& roots() {
  static Roots* const instance = new Roots;  // Never destroyed: a root may serve while the process exits.
  return *instance;
}

}  // namespace

Expected<UniqueId> start_root(const RootOptions& options) {
  WEFT_TRY_ASSIGN(auto root, Root::start(options));
  const UniqueId id = root->id();
  reap_roots();
  Roots& all = roots();
  std::lock_guard lock(all.mutex);
  all.roots.push_back(std::move(root));
  return id;
}

void reap_roots() {
  Roots& all = roots();
  std::lock_guard lock(all.mutex);
  std::erase_if(all.roots, [](const auto& root) { return root->finished(); });
}

}  // namespace weft
