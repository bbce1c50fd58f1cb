#include "bootstrap/launch_variables.h"

#include <charconv>

namespace weft {
namespace {

bool is_present(const Environment& environment, Launcher launcher) {
  const LaunchRow& row = row_of(launcher);
  // Without a step there is no srun: SLURM_PROCID alone is what sbatch gives its script.
  if (launcher == Launcher::slurm) return is_set(environment, row.nranks);
  return is_set(environment, row.rank) || (!row.nranks.empty() && is_set(environment, row.nranks));
}

// A variable of a launcher that was not chosen: what cannot be read says nothing.
Status compare(const Environment& environment, std::string_view chosen_name, int chosen, std::string_view other_name) {
  const auto text = other_name.empty() ? std::nullopt : value_of(environment, other_name);
  const auto other = text ? parse_number(*text, 0, kLaunchRanksMax) : std::nullopt;
  if (!other || *other == chosen) return {};
  return error(
      Code::invalid_usage,
      "{}={} contradicts {}={}: two launchers claim this process; unset the variables of the one that does not "
      "count",
      chosen_name, chosen, other_name, *other);
}

}  // namespace

std::vector<std::string_view> variables_of_launchers() {
  std::vector<std::string_view> names = {
      "WEFT_ROOT",           "WEFT_JOB", "MASTER_ADDR",    "MASTER_PORT",
      "TORCHELASTIC_RUN_ID", "PMI_FD",   "PMIX_NAMESPACE", "TORCHELASTIC_RESTART_COUNT"};
  for (const LaunchRow& row : kLaunchRows) {
    for (const std::string_view name : {row.rank, row.nranks, row.local_rank, row.local_size}) {
      if (!name.empty()) names.push_back(name);
    }
  }
  return names;
}

std::optional<std::string_view> value_of(const Environment& environment, std::string_view name) {
  const auto text = environment.get(name);
  return text && text->empty() ? std::nullopt : text;
}

bool is_set(const Environment& environment, std::string_view name) {
  return value_of(environment, name).has_value();
}

std::optional<int> parse_number(std::string_view text, int least, int most) {
  int number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || number < least || number > most)
    return std::nullopt;
  return number;
}

Expected<std::optional<int>> number_of(const Environment& environment, std::string_view name, int least, int most) {
  const auto text = name.empty() ? std::nullopt : value_of(environment, name);
  if (!text) return std::optional<int>();
  const auto number = parse_number(*text, least, most);
  if (!number) {
    return error(Code::invalid_usage, "{}=\"{}\" is not a whole number from {} to {}", name, *text, least, most);
  }
  return number;
}

std::optional<Launcher> first_launcher(const Environment& environment) {
  for (size_t row = 0; row < kLaunchRows.size(); ++row) {
    if (is_present(environment, static_cast<Launcher>(row))) return static_cast<Launcher>(row);
  }
  return std::nullopt;
}

Status check_agreement(const Environment& environment, Launcher chosen, int rank, int nranks) {
  if (chosen == Launcher::torchrun && is_set(environment, "TORCHELASTIC_RUN_ID")) return {};
  const LaunchRow& row = row_of(chosen);
  for (size_t other = static_cast<size_t>(chosen) + 1; other < static_cast<size_t>(Launcher::slurm); ++other) {
    WEFT_TRY(compare(environment, row.rank, rank, kLaunchRows[other].rank));
    WEFT_TRY(compare(environment, row.nranks.empty() ? "size of the PMIx job" : row.nranks, nranks,
                     kLaunchRows[other].nranks));
  }
  return {};
}

}  // namespace weft
