#include "collectives/choose.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

std::string_view chosen(Collective collective, uint64_t bytes, int ranks, const Machine& machine = {}) {
  return choose(collective, bytes, ranks, machine, "").name;
}

// two ranks that share memory, a few bytes and 16 MiB
// expect: one exchange, then the form that moves each byte twice at most
TEST(Choose, two_ranks) {
  EXPECT_EQ(chosen(Collective::all_reduce, 8, 2), "one_shot");
  EXPECT_NE(chosen(Collective::all_reduce, 16 << 20, 2), "one_shot");
  EXPECT_NE(chosen(Collective::all_reduce, 16 << 20, 2), "doubling");
}

// eight ranks, growing vectors
// expect: one_shot first, later two_shot or ring, and never back to the forms that move the whole vector to everybody
TEST(Choose, sizes_are_ordered) {
  bool large = false;
  for (int bits = 0; bits < 31; ++bits) {
    const std::string_view name = chosen(Collective::all_reduce, uint64_t{1} << bits, 8);
    EXPECT_TRUE(bits >= 6 || name == "one_shot") << bits << name;
    const bool cuts = name == "two_shot" || name == "ring";
    EXPECT_TRUE(!large || cuts) << bits << name;
    large = cuts;
  }
  EXPECT_TRUE(large);
}

// more ranks than processors
// expect: few hand-offs
TEST(Choose, crowded_host_hands_off_seldom) {
  Machine machine;
  machine.processors = 2;
  for (const int ranks : {3, 8, 16}) {
    EXPECT_EQ(chosen(Collective::all_reduce, 64, ranks, machine), "one_shot") << ranks;
    EXPECT_EQ(chosen(Collective::all_gather, 64, ranks, machine), "direct") << ranks;
    EXPECT_EQ(chosen(Collective::broadcast, 64, ranks, machine), "direct") << ranks;
  }
}

// more ranks than a direct step has ports
// expect: an algorithm that takes so many
TEST(Choose, many_ranks) {
  for (const Collective collective : {Collective::all_reduce, Collective::broadcast, Collective::reduce}) {
    EXPECT_GE(choose(collective, 1024, 300, {}, "direct").most_ranks, 300) << name_of(collective);
  }
}

// sizes of one class, and the next
// expect: the same choice within a class
TEST(Choose, constant_in_a_size_class) {
  EXPECT_EQ(size_class(0), 0);
  EXPECT_EQ(size_class(8), size_class(15));
  EXPECT_NE(size_class(8), size_class(16));
  for (uint64_t bytes = 1; bytes < (uint64_t{1} << 30); bytes *= 2) {
    EXPECT_EQ(chosen(Collective::all_reduce, bytes, 4), chosen(Collective::all_reduce, 2 * bytes - 1, 4)) << bytes;
  }
}

// a forced name that the collective has, one that only others have, one that takes fewer ranks
// expect: obeyed; a free choice; a free choice
TEST(Choose, forced_name) {
  EXPECT_EQ(choose(Collective::all_reduce, 8, 4, {}, "ring").name, "ring");
  EXPECT_EQ(choose(Collective::broadcast, 8, 4, {}, "ring").collective, Collective::broadcast);
  EXPECT_NE(choose(Collective::all_reduce, 8, 300, {}, "one_shot").name, "one_shot");
}

// names: of an algorithm, none, misspelt
// expect: right, right, an error that names the nearest and lists all
TEST(Choose, names) {
  EXPECT_TRUE(check_algorithm_name("chain").ok());
  EXPECT_TRUE(check_algorithm_name("").ok());
  const Status wrong = check_algorithm_name("rign");
  EXPECT_EQ(wrong.code(), Code::config);
  for (const char* word : {"rign", "nearest is \"ring\"", "one_shot two_shot doubling ring direct chain"}) {
    EXPECT_NE(wrong.text().find(word), std::string_view::npos) << wrong.text();
  }
}

// every collective, n = 1
// expect: some algorithm, at no great cost
TEST(Choose, one_rank) {
  for (int i = 0; i < kCollectiveCount; ++i) {
    const auto collective = static_cast<Collective>(i);
    EXPECT_LT(predicted_ns(choose(collective, 4096, 1, {}, ""), 4096, 1, {}), 2000) << name_of(collective);
  }
}

}  // namespace
}  // namespace weft
