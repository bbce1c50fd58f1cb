// WEFT_* variables, NAME=value one a line: every value that is accepted keeps to its row of the table, spelling the
// configuration out gives the same one, and what is refused is named with its value.
#include "base/config.h"

#include <cmath>

#include "base/assert.h"
#include "input.h"

namespace weft {
namespace {

bool is_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

void check_row(const VariableRow& row, const Environment& environment, const Config& config) {
  const std::string_view given = environment.get(row.name).value_or("");
  WEFT_ASSERT(config.is_set(row.variable) == !given.empty());
  const std::string& text = config.text(row.variable);
  WEFT_ASSERT(text == (given.empty() ? row.fallback : given));
  if (text.empty()) return;
  const double number = config.number(row.variable);
  const bool is_integer = row.kind == VariableKind::integer;
  if (is_integer || row.kind == VariableKind::number) WEFT_ASSERT(number >= row.least && number <= row.most);
  if (is_integer) WEFT_ASSERT(static_cast<double>(config.integer(row.variable)) == number);
  if (row.kind == VariableKind::choice) WEFT_ASSERT(is_word(row.choices, text));
}

void check_warnings(const Environment& environment, const Config& config) {
  size_t unknown = 0;
  for (const auto& [name, text] : environment.all()) {
    const auto rows = variable_rows();
    const bool known = std::any_of(rows.begin(), rows.end(),
                                   [&, n = std::string_view(name)](const auto& row) { return row.name == n; });
    unknown += name.starts_with("WEFT_") && !known;
  }
  WEFT_ASSERT(config.warnings().size() == unknown);
}

void check_spelt_out(const Config& config) {
  std::map<std::string, std::string, std::less<>> values;
  for (const VariableRow& row : variable_rows()) values.emplace(row.name, config.text(row.variable));
  const auto again = Config::parse(Environment(std::move(values)));
  WEFT_ASSERT(again.has_value() && again->plan_hash() == config.plan_hash() && again->warnings().empty());
  for (const VariableRow& row : variable_rows()) {
    WEFT_ASSERT(again->text(row.variable) == config.text(row.variable));
    WEFT_ASSERT(again->number(row.variable) == config.number(row.variable));
  }
}

void check_refusal(const Environment& environment, const Status& refusal) {
  WEFT_ASSERT(refusal.code() == Code::config);
  const std::string_view name = refusal.text().substr(0, refusal.text().find('='));
  const auto given = environment.get(name);
  WEFT_ASSERT(given && refusal.text().find(*given) != std::string_view::npos);
  for (const VariableRow& row : variable_rows()) WEFT_ASSERT(!row.secret || row.name != name);
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  const Environment environment = fuzz::Input(data, size).environment();
  const auto config = Config::parse(environment);
  if (!config) {
    check_refusal(environment, config.error());
    return 0;
  }
  for (const VariableRow& row : variable_rows()) check_row(row, environment, *config);
  check_warnings(environment, *config);
  check_spelt_out(*config);
  return 0;
}
