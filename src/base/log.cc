#include "base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/assert.h"

namespace weft {
namespace {

constexpr size_t kRingLines = 256;
constexpr size_t kLineBytes = 240;
constexpr std::array<std::string_view, 5> kWords = {"none", "error", "warn", "info", "trace"};

struct Ring {
  std::mutex mutex;
  uint64_t written = 0;
  std::array<std::array<char, kLineBytes>, kRingLines> lines{};
};

Ring& ring() {
  static Ring* const instance = new Ring;  // Never destroyed: threads may log while the process exits.
  return *instance;
}

std::atomic<LogLevel> level_now{LogLevel::warn};
thread_local int rank_of_thread = -1;

void keep(std::string_view line) {
  Ring& all = ring();
  std::lock_guard lock(all.mutex);
  auto& place = all.lines[all.written++ % kRingLines];
  const size_t length = std::min(line.size(), kLineBytes - 1);
  std::memcpy(place.data(), line.data(), length);
  place[length - 1] = '\n';  // Also of a line that was cut.
  place[length] = '\0';
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote <= 0) return;  // Nobody is left to tell.
    text.remove_prefix(static_cast<size_t>(wrote));
  }
}

}  // namespace

void set_log_level(LogLevel level) {
  level_now.store(level, std::memory_order_relaxed);
}

void set_log_level(std::string_view word) {
  for (size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i] == word) set_log_level(static_cast<LogLevel>(i));
  }
}

LogLevel log_level() {
  return level_now.load(std::memory_order_relaxed);
}

void set_log_rank(int rank) {
  rank_of_thread = rank;
}

void log_line(LogLevel level, std::string_view subsystem, std::string_view text) {
  const std::string who =
      rank_of_thread < 0 ? std::string(subsystem) : fmt::format("rank {} {}", rank_of_thread, subsystem);
  const std::string line = fmt::format("weft: {:<5} [{}] {}\n", kWords[static_cast<size_t>(level)], who, text);
  keep(line);
  if (level <= log_level()) write_all(STDERR_FILENO, line);
}

void dump_log_ring(int fd) {
  const Ring& all = ring();  // Without the lock: the process is dying, perhaps inside it.
  const uint64_t first = all.written > kRingLines ? all.written - kRingLines : 0;
  for (uint64_t i = first; i < all.written; ++i) {
    const char* line = all.lines[i % kRingLines].data();
    write_all(fd, {line, strnlen(line, kLineBytes)});
  }
}

void assert_failed(const char* condition, const char* file, int line) {
  dump_log_ring(STDERR_FILENO);
  write_all(STDERR_FILENO, fmt::format("weft: bug   {}:{}: {} does not hold\n", file, line, condition));
  std::abort();
}

}  // namespace weft
