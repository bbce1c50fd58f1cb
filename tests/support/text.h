// Expectations about texts that people read: which words must stand in them.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

namespace weft::test {

inline bool contains(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

inline void expect_text(std::string_view text, std::initializer_list<std::string_view> all_words) {
  for (const std::string_view words : all_words) {
    EXPECT_TRUE(contains(text, words)) << "\"" << words << "\" is not in: " << text;
  }
}

}  // namespace weft::test
