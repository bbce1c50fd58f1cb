// Every WEFT_* variable, one row each: the only place that knows their names, types, defaults and ranges. Parsed once
// per process, validated, then passed down as const. docs/environment.md is generated from the rows.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/status.h"

namespace weft {

enum class Variable : uint8_t {
  debug,
  algo,
  timeout,
  init_timeout,
  slot_bytes,
  slots,
  rank,
  nranks,
  local_rank,
  local_size,
  root,
  job,
  secret,
  insecure,
  interface,
  trace_dir,
  trace_socket,
};
inline constexpr size_t kVariableCount = 17;

enum class VariableKind : uint8_t { integer, number, text, choice };

struct VariableRow {
  Variable variable;
  std::string_view name;
  VariableKind kind;
  std::string_view fallback;  // the default, as text; empty: not set
  double least, most;         // integer and number
  std::string_view choices;   // choice: words separated by blanks
  bool secret;                // the value is never printed
  bool shapes_plans;          // must be equal on all ranks of a communicator
  std::string_view text;
};

std::span<const VariableRow> variable_rows();

class Config {
 public:
  // An error names the variable, the value and what is allowed. Names that begin with WEFT_ and are in no row are not
  // errors: they are listed in `warnings`, each with the nearest known name.
  static Expected<Config> parse(const Environment& environment);

  bool is_set(Variable variable) const { return value(variable).set; }
  int64_t integer(Variable variable) const { return static_cast<int64_t>(value(variable).number); }
  double number(Variable variable) const { return value(variable).number; }
  const std::string& text(Variable variable) const { return value(variable).text; }
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Of the variables that shape plans: equal on all ranks or init fails. `plan_text` is what the error shows.
  uint64_t plan_hash() const;
  std::string plan_text() const;

 private:
  struct Value {
    bool set = false;
    double number = 0;
    std::string text;
  };
  const Value& value(Variable variable) const { return values_[static_cast<size_t>(variable)]; }
  std::array<Value, kVariableCount> values_;
  std::vector<std::string> warnings_;
};

// The reference page, in Markdown.
std::string environment_page();

}  // namespace weft
