// What the fuzzers share: the bytes of one case, cut up from the front. After the end everything reads as zero or
// empty. A fuzzer states its properties with WEFT_ASSERT, so a case that breaks one ends the process and is kept.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/environment.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace weft::fuzz {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(std::as_bytes(std::span(data, size))) {}

  bool at_end() const { return left_.empty(); }
  std::span<const std::byte> bytes(size_t most) {
    const auto taken = left_.first(std::min(most, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  std::span<const std::byte> rest() { return bytes(left_.size()); }
  uint8_t byte() {
    const auto one = bytes(1);
    return one.empty() ? uint8_t{0} : static_cast<uint8_t>(one[0]);
  }
  template <size_t count>
  void fill(std::array<uint8_t, count>& target) {
    const auto taken = bytes(count);
    std::copy(taken.begin(), taken.end(), std::as_writable_bytes(std::span(target)).begin());
  }
  template <typename Number>
  Number number() {
    Number value = 0;
    for (size_t i = 0; i < sizeof(Number); ++i)
      value = static_cast<Number>(value | static_cast<Number>(byte()) << 8 * i);
    return value;
  }
  std::string_view text() {
    const auto taken = rest();
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  // Up to the next line end, which is dropped.
  std::string_view line() {
    const std::string_view all = {reinterpret_cast<const char*>(left_.data()), left_.size()};
    const std::string_view one = all.substr(0, all.find('\n'));
    bytes(one.size() + 1);
    return one;
  }
  // NAME=value, one a line; of a name that comes twice the first counts, as in Environment::of_process.
  Environment environment() {
    std::map<std::string, std::string, std::less<>> values;
    while (!at_end()) {
      const std::string_view one = line();
      const size_t equals = one.find('=');
      if (equals != std::string_view::npos) values.emplace(one.substr(0, equals), one.substr(equals + 1));
    }
    return Environment(std::move(values));
  }

 private:
  std::span<const std::byte> left_;
};

}  // namespace weft::fuzz
