// The nearest of a list of names, for messages about a misspelt one.
#pragma once

#include <span>
#include <string_view>

namespace weft {

bool is_one_of(std::string_view word, std::span<const std::string_view> words);
// By edit distance; the first of equals. `words` is not empty.
std::string_view nearest(std::string_view word, std::span<const std::string_view> words);

}  // namespace weft
