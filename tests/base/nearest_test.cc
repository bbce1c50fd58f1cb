#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace weft {
namespace {

constexpr std::array<std::string_view, 4> kWords = {"WEFT_SLOTS", "WEFT_SLOT_BYTES", "WEFT_RANK", "WEFT_NRANKS"};

// a letter missing, one too many, one wrong, two swapped, and the word itself
// expect: the word that was meant
TEST(Nearest, misspelt) {
  for (const auto* typed :
       {"WEFT_SLOT_BYTE", "WEFT_SLOTT_BYTES", "WEFT_SLOT_BITES", "WEFT_SLOT_BYTSE", "WEFT_SLOT_BYTES"}) {
    EXPECT_EQ(nearest(typed, kWords), "WEFT_SLOT_BYTES") << typed;
  }
}

// a word equally far from two, and one that is nothing like any
// expect: the first of the nearest; some word
TEST(Nearest, ties) {
  constexpr std::array<std::string_view, 2> words = {"ab", "ac"};
  EXPECT_EQ(nearest("ad", words), "ab");
  EXPECT_EQ(nearest("", words), "ab");
}

// a word of the list, another, the empty one
// expect: only the first is one of them
TEST(Nearest, is_one_of) {
  EXPECT_TRUE(is_one_of("WEFT_RANK", kWords));
  EXPECT_FALSE(is_one_of("WEFT_RAN", kWords));
  EXPECT_FALSE(is_one_of("", kWords));
}

}  // namespace
}  // namespace weft
