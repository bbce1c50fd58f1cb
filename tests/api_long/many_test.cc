#include <gtest/gtest.h>

#include "api/many.h"

namespace weft::test {
namespace {

// 10,000 communicators at a time and 10,000 one after the other, with 256 descriptors, ranks as processes
// expect: at most 64 KiB each, no growth, and nothing left
TEST(ManyLong, communicators_of_processes) {
  many_communicators(true, 10'000, 10'000);
}

// the same with ranks as threads of one process
// expect: the same
TEST(ManyLong, communicators_of_threads) {
  many_communicators(false, 10'000, 10'000);
}

}  // namespace
}  // namespace weft::test
