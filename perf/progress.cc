#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace weft::perf {
namespace {
constexpr double kQuietSeconds = 2;
}

Progress::Progress(size_t rows) : rows_(rows), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::at(size_t row, std::string_view what) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  if (!terminal_ || seconds < kQuietSeconds) return;
  const double left = row == 0 ? 0 : seconds / static_cast<double>(row) * static_cast<double>(rows_ - row);
  fmt::print(stderr, "\r\033[Krow {} of {}, {}: {:.0f} s, about {:.0f} s or more to come", row + 1, rows_, what,
             seconds, left);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace weft::perf
