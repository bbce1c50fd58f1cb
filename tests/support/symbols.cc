#include "support/symbols.h"

#include <array>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string_view>

namespace weft::test {
namespace {

struct Frame {
  std::string path, offset;  // empty if the line has another form
};

// Only "path(+0xoffset)": what has a name needs no help, and offsets into the file are what addr2line takes.
Frame parse(const std::string& line) {
  const size_t open = line.find("(+0x");
  const size_t close = line.find(')', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return {};
  return {line.substr(0, open), line.substr(open + 2, close - open - 2)};
}

bool is_plain(std::string_view word) {
  return word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+") == word.npos;
}

std::string ask_addr2line(const Frame& frame) {
  if (frame.path.empty() || !is_plain(frame.path) || !is_plain(frame.offset)) return {};
  const std::string command = "addr2line -Cfpe " + frame.path + " " + frame.offset + " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> answer(popen(command.c_str(), "re"), pclose);
  std::array<char, 1024> line;
  if (answer == nullptr || std::fgets(line.data(), line.size(), answer.get()) == nullptr) return {};
  return line[0] == '?' ? std::string() : std::string(line.data());
}

}  // namespace

std::string with_symbols(const std::string& frames) {
  std::istringstream lines(frames);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const std::string named = ask_addr2line(parse(line));
    text += "    " + (named.empty() ? line + "\n" : named);
  }
  return text;
}

}  // namespace weft::test
