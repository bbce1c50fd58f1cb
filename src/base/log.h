// One line format for everything weft says, and a ring of the last lines in memory that an abort dumps:
//   weft: warn  [rank 3 shm] text
// Lines above the level set by WEFT_DEBUG go to the ring only. Nothing on the data path logs.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace weft {

enum class LogLevel : uint8_t { none, error, warn, info, trace };

void set_log_level(LogLevel level);
void set_log_level(std::string_view word);  // the words of WEFT_DEBUG
LogLevel log_level();

// The rank that lines of this thread speak for; -1 (before a communicator exists) leaves it out.
void set_log_rank(int rank);

void log_line(LogLevel level, std::string_view subsystem, std::string_view text);
// Writes the ring to a file descriptor, oldest first; async-signal-safe enough for a crash: write() only.
void dump_log_ring(int fd);

template <typename... Args>
void log(LogLevel level, std::string_view subsystem, fmt::format_string<Args...> text, Args&&... args) {
  log_line(level, subsystem, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void log_warn(std::string_view subsystem, fmt::format_string<Args...> text, Args&&... args) {
  log(LogLevel::warn, subsystem, text, std::forward<Args>(args)...);
}
template <typename... Args>
void log_info(std::string_view subsystem, fmt::format_string<Args...> text, Args&&... args) {
  log(LogLevel::info, subsystem, text, std::forward<Args>(args)...);
}
template <typename... Args>
void log_trace(std::string_view subsystem, fmt::format_string<Args...> text, Args&&... args) {
  log(LogLevel::trace, subsystem, text, std::forward<Args>(args)...);
}

}  // namespace weft
