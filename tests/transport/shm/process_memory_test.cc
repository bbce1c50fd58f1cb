#include "transport/shm/process_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "support/ranks.h"
#include "transport/must.h"

namespace weft {
namespace {

using test::must;

bool is_mapped(const void* address) {
  unsigned char in_core = 0;
  const auto page = reinterpret_cast<uintptr_t>(address) & ~(page_bytes() - 1);
  return mincore(reinterpret_cast<void*>(page), 1, &in_core) == 0 || errno != ENOMEM;
}

// The name in /proc/self/maps of the mapping that begins at an address.
std::string name_of_mapping(const void* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.starts_with(fmt::format("{:x}-", reinterpret_cast<uintptr_t>(address))))
      return line.substr(line.find('/'));
  }
  return "";
}

// two that join at the same time, then one more after both have left
// expect: the first two share one memory; then it is gone, and the next has another name
TEST(ProcessMemory, one_per_process_while_in_use) {
  auto first = must(ProcessMemory::join());
  auto second = must(ProcessMemory::join());
  EXPECT_EQ(first, second);
  EXPECT_EQ(ProcessMemory::current(), first);
  const MemoryName name = first->name();
  const void* address = first->arena(0).data;
  first.reset();
  second.reset();
  EXPECT_EQ(ProcessMemory::current(), nullptr);
  EXPECT_FALSE(is_mapped(address));
  EXPECT_NE(must(ProcessMemory::join())->name(), name);
}

// the arena in this process's list of mappings
// expect: it lies in no file system, so neither /dev/shm nor a leaked name matters
TEST(ProcessMemory, has_no_name_in_a_file_system) {
  const auto memory = must(ProcessMemory::join());
  EXPECT_EQ(name_of_mapping(memory->arena(0).data), "/memfd:weft (deleted)");
}

// connections until the memory has several arenas, one larger than any usual arena, all given back
// expect: arenas of growing size, then the same pieces again without a new arena
TEST(ProcessMemory, grows_by_arenas_and_reuses_them) {
  const auto memory = must(ProcessMemory::join());
  std::vector<Carved> pieces;
  for (int i = 0; i < 20; ++i) pieces.push_back(must(memory->carve(300'000)));
  pieces.push_back(must(memory->carve(kArenaBytesUsual + 1)));
  const uint32_t last = pieces.back().arena;
  EXPECT_EQ(memory->arena(0).bytes, kArenaBytesFirst);
  EXPECT_EQ(memory->arena(1).bytes, 2 * kArenaBytesFirst);
  EXPECT_GT(memory->arena(last).bytes, kArenaBytesUsual);
  EXPECT_LE(last, 4u);
  for (const Carved& piece : pieces) {
    EXPECT_EQ(piece.address, memory->arena(piece.arena).data + piece.offset);
    EXPECT_EQ(piece.offset % kCarvedUnit, 0u);
    EXPECT_FALSE(piece.arena == 0 && piece.offset < kArenaHeaderBytes);
    EXPECT_LE(piece.offset + piece.bytes, memory->arena(piece.arena).bytes);
  }
  for (const Carved& piece : pieces) memory->give_back(piece);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(memory->carve(300'000)->address, pieces[static_cast<size_t>(i)].address);
  EXPECT_EQ(memory->arena(last + 1).data, nullptr);
}

// a connection larger than any may be
// expect: invalid_argument that names the variables to lower
TEST(ProcessMemory, refuses_the_enormous) {
  const auto carved = must(ProcessMemory::join())->carve(kConnectionBytesMax + 1);
  ASSERT_FALSE(carved.has_value());
  EXPECT_EQ(carved.error().code(), Code::invalid_argument);
  EXPECT_NE(carved.error().text().find("WEFT_SLOTS"), std::string_view::npos);
}

// a process that forks
// expect: the child has neither the arenas nor their descriptors, gets memory of its own, and the parent's is unharmed
TEST(ProcessMemory, a_forked_child_starts_anew) {
  const auto memory = must(ProcessMemory::join());
  const ArenaView arena = memory->arena(0);
  test::run_processes(1, [&](int) {
    EXPECT_FALSE(is_mapped(arena.data));
    EXPECT_EQ(fcntl(arena.fd, F_GETFD), -1);
    EXPECT_EQ(ProcessMemory::current(), nullptr) << "the child goes on with the parent's";
    const auto own = must(ProcessMemory::join());
    EXPECT_NE(own->name(), memory->name());
    own->doorbell().ring();
  });
  EXPECT_TRUE(is_mapped(arena.data));
  EXPECT_NE(fcntl(arena.fd, F_GETFD), -1);
  memory->doorbell().ring();
}

}  // namespace
}  // namespace weft
