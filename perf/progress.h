// A line on the terminal that says how far a long run is. On stderr, so that the table stays clean; nothing if stderr
// is no terminal or the run is not long.
#pragma once

#include <string_view>

#include "base/deadline.h"

namespace weft::perf {

class Progress {
 public:
  explicit Progress(size_t rows);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void at(size_t row, std::string_view what);
  void clear();  // before anything else is printed

 private:
  size_t rows_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
};

}  // namespace weft::perf
