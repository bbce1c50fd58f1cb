#include "support/board.h"

#include <sched.h>
#include <sys/mman.h>

#include <new>

#include "base/assert.h"

namespace weft::test {
namespace {
Board* current = nullptr;
}

BoardOwner::BoardOwner() : made_here_(current == nullptr) {
  if (!made_here_) return;
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  WEFT_ASSERT(memory != MAP_FAILED);
  current = new (memory) Board{};
}

BoardOwner::~BoardOwner() {
  if (!made_here_) return;
  munmap(current, sizeof(Board));
  current = nullptr;
}

Board& board() {
  WEFT_ASSERT(current != nullptr);
  return *current;
}

pid_t rank_pid(int rank) {
  return board().pids.at(static_cast<size_t>(rank)).load();
}

std::atomic<uint64_t>& shared_word(size_t index) {
  return board().words.at(index);
}

void await_word(size_t index, uint64_t at_least) {
  while (shared_word(index).load() < at_least) sched_yield();
}

void meet(size_t index, int ranks) {
  const auto all = static_cast<uint64_t>(ranks);
  const uint64_t came_before = shared_word(index).fetch_add(1);
  await_word(index, (came_before / all + 1) * all);
}

}  // namespace weft::test
