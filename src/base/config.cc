#include "base/config.h"

#include <charconv>
#include <cmath>

#include "base/assert.h"
#include "base/nearest.h"
#include "base/random.h"

namespace weft {
namespace {

constexpr auto kInteger = VariableKind::integer;
constexpr auto kNumber = VariableKind::number;
constexpr auto kText = VariableKind::text;
constexpr auto kChoice = VariableKind::choice;

constexpr std::array<VariableRow, kVariableCount> kRows = {{
    {Variable::debug, "WEFT_DEBUG", kChoice, "warn", 0, 0, "none error warn info trace", false, false,
     "How much weft writes to standard error. `trace` shows set-up step by step."},
    {Variable::algo, "WEFT_ALGO", kText, "", 0, 0, "", false, true,
     "Forces an algorithm by name (for example `ring`) in every collective that has one of that name."},
    {Variable::timeout, "WEFT_TIMEOUT", kNumber, "0", 0, 1e6, "", false, false,
     "Seconds after which a collective whose peers are all alive gives up with weftTimeout; 0 waits without limit."},
    {Variable::init_timeout, "WEFT_INIT_TIMEOUT", kNumber, "120", 0.01, 1e6, "", false, false,
     "Seconds that communicator set-up may take before it fails and names the ranks that did not come."},
    {Variable::slot_bytes, "WEFT_SLOT_BYTES", kInteger, "65536", 1024, 16777216, "", false, true,
     "Payload bytes of one slot of a connection; a multiple of 64."},
    {Variable::slots, "WEFT_SLOTS", kInteger, "5", 5, 64, "", false, true,
     "Slots of one connection: how far a sender may run ahead of its receiver."},
    {Variable::rank, "WEFT_RANK", kInteger, "", 0, 16777215, "", false, false,
     "This process's rank; set by `weft run`, read by weftCommInitEnv."},
    {Variable::nranks, "WEFT_NRANKS", kInteger, "", 1, 16777216, "", false, false,
     "The number of ranks; set by `weft run`, read by weftCommInitEnv."},
    {Variable::local_rank, "WEFT_LOCAL_RANK", kInteger, "", 0, 16777215, "", false, false,
     "This process's number among those of its host; set by `weft run`."},
    {Variable::local_size, "WEFT_LOCAL_SIZE", kInteger, "", 1, 16777216, "", false, false,
     "How many ranks this host has; set by `weft run`."},
    {Variable::root, "WEFT_ROOT", kText, "", 0, 0, "", false, false,
     "host:port at which rank 0 can be reached; set by `weft run`."},
    {Variable::job, "WEFT_JOB", kText, "", 0, 0, "", false, false,
     "A name that tells jobs of one user apart; set by `weft run`."},
    {Variable::secret, "WEFT_SECRET", kText, "", 0, 0, "", true, false,
     "64 hexadecimal digits shared by all ranks of a job; proves membership between hosts. Never printed."},
    {Variable::insecure, "WEFT_INSECURE", kInteger, "0", 0, 1, "", false, false,
     "1 lets ranks on several hosts join without a shared secret: anyone who reaches the port could join."},
    {Variable::interface, "WEFT_IFACE", kText, "", 0, 0, "", false, false,
     "Network interface whose address is used between hosts, for example `eth0`."},
    {Variable::trace_dir, "WEFT_TRACE_DIR", kText, "", 0, 0, "", false, false,
     "Directory for the flight recorders of this process's communicators, which then outlive it as files for `weft "
     "trace`; without it they live in memory."},
    {Variable::trace_socket, "WEFT_TRACE_SOCKET", kText, "", 0, 0, "", false, false,
     "Where ranks hand in their flight recorders, so that a rank that dies leaves its behind; set by `weft run`."},
}};

bool is_word_of(std::string_view words, std::string_view word) {
  if (word.empty() || word.find(' ') != std::string_view::npos) return false;
  const std::string padded = fmt::format(" {} ", words);
  return padded.find(fmt::format(" {} ", word)) != std::string::npos;
}

Status check_number(const VariableRow& row, const std::string& text, double& number) {
  const char* const last = text.data() + text.size();
  const auto [end, code] = std::from_chars(text.data(), last, number);  // Unlike strtod, the same in every locale.
  const bool parsed = code == std::errc() && end == last;
  const bool whole = row.kind != kInteger || number == std::trunc(number);
  if (!parsed || !whole || !(number >= row.least && number <= row.most)) {
    return error(Code::config, "{}=\"{}\" is not {} from {} to {}", row.name, text,
                 row.kind == kInteger ? "a whole number" : "a number", row.least, row.most);
  }
  return {};
}

void warn_unknown(const Environment& environment, std::vector<std::string>& warnings) {
  std::vector<std::string_view> known;
  for (const VariableRow& row : kRows) known.push_back(row.name);
  for (const auto& [name, text] : environment.all()) {
    if (!name.starts_with("WEFT_") || is_one_of(name, known)) continue;
    warnings.push_back(fmt::format("{} is not a variable of weft; the nearest is {}", name, nearest(name, known)));
  }
}

}  // namespace

std::span<const VariableRow> variable_rows() {
  return kRows;
}

Expected<Config> Config::parse(const Environment& environment) {
  Config config;
  for (const VariableRow& row : kRows) {
    Value& value = config.values_[static_cast<size_t>(row.variable)];
    const auto given = environment.get(row.name);
    value.set = given.has_value() && !given->empty();
    value.text = value.set ? *given : row.fallback;
    if (value.text.empty()) continue;
    if (row.kind == kInteger || row.kind == kNumber) WEFT_TRY(check_number(row, value.text, value.number));
    if (row.kind == kChoice && !is_word_of(row.choices, value.text)) {
      return error(Code::config, "{}=\"{}\" is not one of: {}", row.name, value.text, row.choices);
    }
  }
  if (config.integer(Variable::slot_bytes) % 64 != 0) {
    return error(Code::config, "WEFT_SLOT_BYTES=\"{}\" is not a multiple of 64", config.text(Variable::slot_bytes));
  }
  warn_unknown(environment, config.warnings_);
  return config;
}

std::string Config::plan_text() const {
  std::string text;
  for (const VariableRow& row : kRows) {
    if (row.shapes_plans) text += fmt::format("{}{}={}", text.empty() ? "" : " ", row.name, this->text(row.variable));
  }
  return text;
}

uint64_t Config::plan_hash() const {
  uint64_t hash = 0;
  for (const char c : plan_text()) hash = mix64(hash ^ static_cast<unsigned char>(c));
  return hash;
}

std::string environment_page() {
  std::string page =
      "# Environment variables\n\nGenerated from `src/base/config.cc`. A value out of range is an error that names "
      "the\n"
      "variable; an unknown WEFT_* name is a warning that names the nearest.\n\n"
      "| variable | type | default | range | equal on all ranks | meaning |\n|---|---|---|---|---|---|\n";
  constexpr std::array<std::string_view, 4> kinds = {"integer", "number", "text", "choice"};
  for (const VariableRow& row : kRows) {
    const bool ranged = row.kind == kInteger || row.kind == kNumber;
    const std::string range =
        ranged ? fmt::format("{:.12g} to {:.12g}", row.least, row.most) : std::string(row.choices);
    page += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", row.name, kinds[static_cast<size_t>(row.kind)],
                        row.fallback.empty() ? "-" : row.fallback, range.empty() ? "-" : range,
                        row.shapes_plans ? "yes" : "no", row.text);
  }
  return page;
}

}  // namespace weft
