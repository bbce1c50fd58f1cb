// A snapshot of the environment: taken once, then passed down as const, so that tests can make their own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}
  // The only reader of the process's environment in the library.
  static Environment of_process();

  std::optional<std::string_view> get(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }
  const std::map<std::string, std::string, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace weft
