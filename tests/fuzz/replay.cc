// Runs a fuzzer's function on every file of the folders given, without libFuzzer: what earlier searches have found
// stays tested by every compiler and sanitizer. The name of each file is printed first, so the last one is the one that
// fails.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include "input.h"

namespace {

void replay(const std::filesystem::path& path) {
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::set<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) paths.insert(entry.path());
  }
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (const auto& path : paths) replay(path);
  return paths.empty() ? 1 : 0;  // A folder that is not there, or empty, tests nothing.
}
