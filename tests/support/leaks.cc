#include "support/leaks.h"

#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/deadline.h"
#include "support/sanitizer.h"

namespace weft::test {
namespace {

namespace fs = std::filesystem;
using Counts = std::map<std::string, int>;

// Descriptors by what they lead to; sockets and pipes carry an inode number, so a closed and reopened one is seen.
void count_descriptors(Counts& counts) {
  const std::string own_listing = "/proc/" + std::to_string(getpid()) + "/fd";
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd", failed)) {
    const std::string target = fs::read_symlink(entry.path(), failed).string();
    if (!target.empty() && target != own_listing) ++counts["fd " + target];
  }
}

void count_threads(Counts& counts) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator("/proc/self/task", failed)) {
    std::ifstream file(entry.path() / "comm");
    std::string name;
    if (std::getline(file, name)) ++counts["thread " + name];
  }
}

// Lines of maps: "start-end perms offset device inode path". Shared ones carry an s.
void count_shared_mappings(Counts& counts) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string range, permissions, offset, device, inode, path;
    words >> range >> permissions >> offset >> device >> inode >> std::ws;
    std::getline(words, path);
    if (permissions.size() == 4 && permissions[3] == 's') ++counts["shared mapping " + inode + " " + path];
  }
}

// "pid (name) state parent …"; the name may contain anything, so fields are counted from its last parenthesis.
void count_children(Counts& counts) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator("/proc", failed)) {
    if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string line;
    std::getline(file, line);
    const size_t name_end = line.rfind(") ");
    if (name_end == std::string::npos) continue;
    std::istringstream fields(line.substr(name_end + 2));
    std::string state;
    pid_t parent = 0;
    fields >> state >> parent;
    if (parent == getpid()) ++counts["child " + line.substr(0, name_end + 1) + " " + state];
  }
}

void count_files(Counts& counts) {
  std::error_code failed;
  for (const char* folder : {"/dev/shm", "/tmp"})
    for (const auto& entry : fs::directory_iterator(folder, failed))
      if (entry.path().filename().string().find("weft") != std::string::npos) ++counts["file " + entry.path().string()];
}

}  // namespace

Holdings Holdings::now() {
  if (sanitizer_threads() > 0) std::thread([] {}).join();  // The sanitizer's own thread starts with the first of ours.
  Holdings holdings;
  count_descriptors(holdings.counts_);
  count_threads(holdings.counts_);
  count_shared_mappings(holdings.counts_);
  count_children(holdings.counts_);
  count_files(holdings.counts_);
  return holdings;
}

std::string Holdings::left_since(const Holdings& before, std::chrono::milliseconds patience) {
  const Deadline deadline = Deadline::after(patience);
  for (;;) {
    const std::string left = now().beyond(before);
    if (left.empty() || deadline.passed()) return left;
    sched_yield();
  }
}

std::string Holdings::beyond(const Holdings& before) const {
  std::string text;
  for (const auto& [name, count] : counts_) {
    const auto found = before.counts_.find(name);
    const int more = count - (found == before.counts_.end() ? 0 : found->second);
    if (more > 0) text += name + (more > 1 ? " (" + std::to_string(more) + " times)" : "") + "\n";
  }
  return text;
}

}  // namespace weft::test
