#include "comm/roots.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "base/deadline.h"

namespace weft {
namespace {

struct Roots {
  std::mutex mutex;
  std::vector<std::shared_ptr<Root>> roots;  // shared: who waits for one keeps it while another thread reaps
};

Roots& roots() {
  static Roots* const instance = new Roots;  // Never destroyed: a root may serve while the process exits.
  return *instance;
}

std::shared_ptr<Root> find_root(uint64_t communicator) {
  Roots& all = roots();
  std::lock_guard lock(all.mutex);
  const auto found = std::find_if(all.roots.begin(), all.roots.end(),
                                  [&](const auto& root) { return root->id().communicator == communicator; });
  return found == all.roots.end() ? nullptr : *found;
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

void let_all_hear(const UniqueId& id, Abandoned rank) {
  const std::shared_ptr<Root> root = find_root(id.communicator);
  if (root == nullptr) return;
  if (!root->refusing()) root->abandon(std::move(rank));
  root->wait_while_refusing(Deadline::after_ms(kHearingMs));
}

void end_root(const UniqueId& id) {
  Roots& all = roots();
  std::lock_guard lock(all.mutex);
  std::erase_if(all.roots, [&](const auto& root) { return root->id().communicator == id.communicator; });
}

void reap_roots() {
  Roots& all = roots();
  std::lock_guard lock(all.mutex);
  std::erase_if(all.roots, [](const auto& root) { return root->finished(); });
}

}  // namespace weft
