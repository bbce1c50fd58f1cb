#include "chaos/agreed.h"

#include <gtest/gtest.h>

namespace weft::test {
namespace {

// texts with one rank, several and ranges; texts of no agreement
// expect: the ranks; nothing
TEST(Agreed, ranks_of_a_text) {
  const auto ranks = [](const char* text) { return agreed_ranks(text).value_or(std::vector<int>{-1}); };
  EXPECT_EQ(ranks("rank 3 (a pid 1) died: x; 1 survivor decides on failed={3}"), std::vector<int>{3});
  EXPECT_EQ(ranks("…; 3 survivors agree on failed={1, 3-5, 12}. And"), (std::vector<int>{1, 3, 4, 5, 12}));
  EXPECT_EQ(ranks("rank 3 died; the survivors have not agreed yet: rank 1 has not answered"), std::vector<int>{-1});
  EXPECT_EQ(ranks("7 survivors agree on failed={1"), std::vector<int>{-1});
}

}  // namespace
}  // namespace weft::test
