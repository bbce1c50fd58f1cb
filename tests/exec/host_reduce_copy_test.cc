#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "exec/host_reduce_targets.h"

namespace weft::test {
namespace {

// Around a cache line, the least that is streamed, and the block that is written to several targets at a time.
constexpr size_t kSizes[] = {0, 1, 63, 511, 512, 513, 4095, 4096, 4097, 20000};
constexpr std::byte kGuard{0xEE};

// A copy of some table to three targets at odd addresses, with a byte of guard on either side of each.
void check_copy(const FoldTable& table, size_t bytes, uint32_t streaming) {
  std::vector<std::byte> source(bytes);
  for (size_t i = 0; i < bytes; ++i) source[i] = static_cast<std::byte>(i * 7 + 1);
  std::array<std::vector<std::byte>, 3> written;
  std::array<std::byte*, 3> targets{};
  for (size_t t = 0; t < targets.size(); ++t) {
    written[t].assign(bytes + t + 2, kGuard);
    targets[t] = written[t].data() + t + 1;
  }
  for (size_t count = 1; count <= targets.size(); ++count) {
    table.copy(source.data(), std::span(targets).first(count), bytes, streaming);
    for (size_t t = 0; t < count; ++t) {
      EXPECT_TRUE(std::equal(source.begin(), source.end(), targets[t]))
          << table.name << " " << bytes << " target " << t;
      EXPECT_EQ(targets[t][-1], kGuard);
      EXPECT_EQ(targets[t][bytes], kGuard);
      std::fill_n(targets[t], bytes, kGuard);
    }
  }
}

// copies to one, two and three targets, each with plain and with non-temporal stores
// expect: the bytes, and not one more
TEST(HostReduceCopy, copies_bytes) {
  for (const FoldTable* table : runnable_folds()) {
    for (const size_t bytes : kSizes) {
      for (uint32_t streaming = 0; streaming < 8; ++streaming) check_copy(*table, bytes, streaming);
    }
  }
}

// a copy onto itself and to another target, plain and streamed
// expect: both have the bytes
TEST(HostReduceCopy, copies_onto_itself) {
  for (const FoldTable* table : runnable_folds()) {
    for (uint32_t streaming = 0; streaming < 4; ++streaming) {
      std::vector<std::byte> source(5000, std::byte{0x5A}), other(5000);
      const std::array targets = {source.data(), other.data()};
      table->copy(source.data(), targets, source.size(), streaming);
      EXPECT_EQ(source, std::vector(5000, std::byte{0x5A}));
      EXPECT_EQ(other, source);
    }
  }
}

}  // namespace
}  // namespace weft::test
