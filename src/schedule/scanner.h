// Reads a text word by word: the lexical half of parsers, which keep their grammars apart from it.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weft {

// Reads a text from the front, line by line, one step ahead. The first thing that is not as expected is kept as the
// error; after it everything reads as nothing.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) { next_line(); }

  bool failed() const { return !error_.empty(); }
  Status status() const { return failed() ? Status(Code::invalid_argument, error_) : Status(); }
  bool at_end() const { return failed() || (ended_ && at_line_end()); }
  bool at_line_end() const { return line_.find_first_not_of(' ') == std::string_view::npos; }

  // Takes a word (letters) or a sign, if it comes next.
  bool take(std::string_view word) {
    skip_blanks();
    if (failed() || !line_.starts_with(word)) return false;
    const bool is_word = is_letter(word.back());
    if (is_word && line_.size() > word.size() && is_letter(line_[word.size()])) return false;
    line_.remove_prefix(word.size());
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) fail(fmt::format("\"{}\"", word));
  }
  void expect_line_end() {
    if (!at_line_end()) fail("the end of the line");
    next_line();
  }

  // A whole number of the field's type, within its width.
  template <typename Field>
  Field number() {
    skip_blanks();
    const int64_t least = std::numeric_limits<Field>::min(), most = std::numeric_limits<Field>::max();
    const bool is_negative = least < 0 && line_.starts_with('-');
    size_t at = is_negative || (least < 0 && line_.starts_with('+')) ? 1 : 0;
    const size_t first_digit = at;
    int64_t value = 0;
    for (; at < line_.size() && is_digit(line_[at]) && value <= most; ++at) value = value * 10 + (line_[at] - '0');
    if (is_negative) value = -value;
    if (at == first_digit || value < least || value > most) {
      fail(fmt::format("a number from {} to {}", least, most));
      return 0;
    }
    line_.remove_prefix(at);
    return static_cast<Field>(value);
  }
  bool at_digit() {
    skip_blanks();
    return !failed() && !line_.empty() && is_digit(line_[0]);
  }

  void fail(std::string_view expected) {
    if (failed()) return;
    skip_blanks();
    const std::string_view word = line_.substr(0, line_.find(' '));
    error_ = word.empty() ? fmt::format("line {}: it ends where {} was expected", number_, expected)
                          : fmt::format("line {}: \"{}\" where {} was expected", number_, word, expected);
  }

 private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  void skip_blanks() { line_.remove_prefix(std::min(line_.find_first_not_of(' '), line_.size())); }

  void next_line() {
    do {
      ended_ = rest_.empty();
      const size_t end = rest_.find('\n');
      line_ = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      number_ += !ended_;
      skip_blanks();
    } while (!ended_ && (line_.empty() || line_[0] == '#'));
  }

  std::string_view rest_, line_;
  size_t number_ = 0;
  bool ended_ = false;
  std::string error_;
};

}  // namespace weft
