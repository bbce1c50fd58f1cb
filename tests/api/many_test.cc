// Hundreds of communicators; ten thousand are in tests/api_long.
#include "api/many.h"

#include <gtest/gtest.h>

namespace weft::test {
namespace {

// 300 communicators at a time and 300 one after the other, with 256 descriptors, ranks as processes
// expect: at most 64 KiB each, no growth, and nothing left
TEST(Many, communicators_of_processes) {
  many_communicators(true, 300, 300);
}

// the same with ranks as threads of one process
// expect: the same
TEST(Many, communicators_of_threads) {
  many_communicators(false, 300, 300);
}

}  // namespace
}  // namespace weft::test
