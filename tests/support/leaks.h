// What a process holds, before and after: for tests that weft leaves nothing behind.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace weft::test {

// Descriptors, threads, shared mappings and child processes of this process, and files of weft in /dev/shm and /tmp.
// Private memory is not looked at: the allocator keeps it, and LeakSanitizer knows better. Files count when their name
// contains "weft", whoever made them, because tests run in parallel: so a test's own files should have another name.
class Holdings {
 public:
  static Holdings now();

  // What is here and was not in `before`, one a line; empty if nothing. Threads that were joined and children that were
  // reaped may be listed by the kernel for a moment longer, so it looks again until `patience` is over.
  static std::string left_since(const Holdings& before, std::chrono::milliseconds patience = std::chrono::seconds(1));

 private:
  std::string beyond(const Holdings& before) const;
  std::map<std::string, int> counts_;  // "fd socket:[123]" -> how many
};

}  // namespace weft::test
