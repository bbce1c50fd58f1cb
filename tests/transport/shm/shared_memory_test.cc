#include "transport/shared_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "support/ranks.h"
#include "transport/must.h"
#include "transport/shm/memfd.h"

namespace weft {
namespace {

using test::must;

// sizes around a page
// expect: page-aligned zeroed memory that can be written to its last byte, and freed once
TEST(SharedMemory, allocate_and_free) {
  for (const size_t size : {size_t{1}, page_bytes() - 1, page_bytes(), page_bytes() + 1, size_t{5} << 20}) {
    const auto pointer = SharedMemory::allocate(size);
    ASSERT_TRUE(pointer.has_value()) << pointer.error().text();
    auto* bytes = static_cast<unsigned char*>(*pointer);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes) % page_bytes(), 0u);
    EXPECT_TRUE(std::all_of(bytes, bytes + size, [](unsigned char byte) { return byte == 0; }));
    std::memset(bytes, 0xFF, size);
    EXPECT_TRUE(SharedMemory::free(bytes).ok());
    EXPECT_EQ(SharedMemory::free(bytes).code(), Code::invalid_argument);
  }
}

// null; an address on the stack; one inside an allocation
// expect: nothing happens; invalid_argument for the others, and the allocation stays
TEST(SharedMemory, free_takes_only_what_allocate_gave) {
  EXPECT_TRUE(SharedMemory::free(nullptr).ok());
  int local = 0;
  EXPECT_EQ(SharedMemory::free(&local).code(), Code::invalid_argument);
  void* pointer = must(SharedMemory::allocate(100));
  EXPECT_EQ(SharedMemory::free(static_cast<char*>(pointer) + 1).code(), Code::invalid_argument);
  EXPECT_TRUE(SharedMemory::free(pointer).ok());
}

// a size of 0, sizes that overflow
// expect: errors that name the size
TEST(SharedMemory, impossible_sizes) {
  EXPECT_EQ(SharedMemory::allocate(0).error().code(), Code::invalid_argument);
  for (const size_t size : {std::numeric_limits<size_t>::max(), std::numeric_limits<size_t>::max() / 4}) {
    const auto pointer = SharedMemory::allocate(size);
    ASSERT_FALSE(pointer.has_value());
    EXPECT_EQ(pointer.error().code(), Code::resource);
  }
}

// addresses before, in and behind an allocation; the same memory mapped once more through what find says
// expect: only those inside are found, and the second mapping shows the same bytes
TEST(SharedMemory, find) {
  auto* data = static_cast<std::byte*>(must(SharedMemory::allocate(3 * page_bytes())));
  EXPECT_FALSE(SharedMemory::find(data - 1).has_value());
  EXPECT_FALSE(SharedMemory::find(data + 3 * page_bytes()).has_value());
  const auto place = SharedMemory::find(data + page_bytes() + 5);
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->offset, page_bytes() + 5);
  ASSERT_EQ(place->bytes, 3 * page_bytes());
  const auto second = Mapping::of(place->fd, place->bytes, Mapping::Fork::inherit);
  ASSERT_TRUE(second.has_value());
  data[page_bytes() + 5] = std::byte{42};
  EXPECT_EQ(second->data()[place->offset], std::byte{42});
  EXPECT_TRUE(SharedMemory::free(data).ok());
  EXPECT_FALSE(SharedMemory::find(data + page_bytes() + 5).has_value());
}

// a child that writes to inherited memory and frees it, then allocates
// expect: the parent sees what was written and keeps the memory; the child no longer has it
TEST(SharedMemory, is_inherited_by_children) {
  auto* data = static_cast<volatile int*>(must(SharedMemory::allocate(sizeof(int))));
  test::run_processes(1, [&](int) {
    *data = 7;
    void* address = const_cast<int*>(data);
    EXPECT_TRUE(SharedMemory::free(address).ok());
    unsigned char in_core = 0;
    EXPECT_TRUE(mincore(address, 1, &in_core) != 0 && errno == ENOMEM) << "still mapped";
    EXPECT_TRUE(SharedMemory::free(must(SharedMemory::allocate(10))).ok());
  });
  EXPECT_EQ(*data, 7);
  EXPECT_TRUE(SharedMemory::free(const_cast<int*>(data)).ok());
}

}  // namespace
}  // namespace weft
