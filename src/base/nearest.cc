#include "base/nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/assert.h"

namespace weft {
namespace {

// Levenshtein's distance, one row at a time.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> words) {
  WEFT_ASSERT(!words.empty());
  return *std::min_element(words.begin(), words.end(), [&](std::string_view a, std::string_view b) {
    return distance(word, a) < distance(word, b);
  });
}

}  // namespace weft
