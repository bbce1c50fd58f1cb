// The variables of launchers, NAME=value one a line, in any mixture: a launch that is found is one that ranks can act
// on, and an error says something. PMIx answers what the made-up ASK_* variables say, or not at all.
#include "bootstrap/launch.h"

#include "base/assert.h"
#include "bootstrap/launch_variables.h"
#include "input.h"

namespace weft {
namespace {

constexpr int kPortMax = 65535;

std::optional<int> answer(const Environment& environment, std::string_view name) {
  return parse_number(environment.get(name).value_or(""), 0, std::numeric_limits<int>::max());
}

Expected<PmixPlace> ask(const Environment& environment) {
  const auto nranks = answer(environment, "ASK_NRANKS");
  if (!nranks) return error(Code::system_error, "no PMIx server");
  return PmixPlace{*nranks, answer(environment, "ASK_LOCAL_RANK"), answer(environment, "ASK_LOCAL_SIZE")};
}

void check_place(const Launch& launch) {
  WEFT_ASSERT(launch.rank >= 0 && launch.rank < launch.nranks && launch.nranks <= kLaunchRanksMax);
  if (launch.local_size) WEFT_ASSERT(*launch.local_size >= 1 && *launch.local_size <= launch.nranks);
  if (launch.local_rank) WEFT_ASSERT(*launch.local_rank >= 0 && *launch.local_rank < launch.nranks);
  if (launch.local_rank && launch.local_size) WEFT_ASSERT(*launch.local_rank < *launch.local_size);
}

void check_meeting(const Launch& launch) {
  WEFT_ASSERT(launch.root_ports >= 1);
  if (launch.root) {
    WEFT_ASSERT(!launch.root->host.empty() && launch.root->port >= 1);
    WEFT_ASSERT(launch.root->port + launch.root_ports - 1 <= kPortMax);
  }
  WEFT_ASSERT(launch.pmi_fd.has_value() == (launch.exchange == Exchange::pmi1));
  if (launch.pmi_fd) WEFT_ASSERT(*launch.pmi_fd >= 0);
  const bool meets_by_name = launch.on_one_host() && !launch.job.empty();
  WEFT_ASSERT(launch.nranks == 1 || launch.root || launch.exchange != Exchange::well_known || meets_by_name);
}

// Without PMIx nobody is asked, and the form that could ask the real server says the same.
void check_other_form(const Environment& environment, const Config& config, const Expected<Launch>& launch) {
  const auto other = detect_launch(environment, config);
  WEFT_ASSERT(other.has_value() == launch.has_value());
  if (other) WEFT_ASSERT(other->rank == launch->rank && other->job == launch->job && other->root == launch->root);
  if (!other) WEFT_ASSERT(other.error().text() == launch.error().text());
}

Environment without(const Environment& environment, const std::vector<std::string_view>& names) {
  auto values = environment.all();
  for (const std::string_view name : names) {
    if (const auto found = values.find(name); found != values.end()) values.erase(found);
  }
  return Environment(std::move(values));
}

// Brackets belong to the spelling of WEFT_ROOT, not to the host that it names.
void check_root_text(const Config& config, const Launch& launch) {
  if (!config.is_set(Variable::root)) return;
  WEFT_ASSERT(launch.root && launch.root_ports == 1);
  const std::string& host = launch.root->host;
  WEFT_ASSERT(host.find_first_of("[]") == std::string::npos);
  const bool bracketed = host.find(':') != std::string::npos || config.text(Variable::root).starts_with('[');
  const std::string_view text = config.text(Variable::root);
  WEFT_ASSERT(text.starts_with(bracketed ? "[" + host + "]:" : host + ":"));
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  const Environment environment = fuzz::Input(data, size).environment();
  // What `weft run` hides from its ranks leaves no launcher.
  const Environment hidden = without(environment, variables_of_launchers());
  WEFT_ASSERT(!first_launcher(hidden));
  const auto config = Config::parse(environment);
  if (!config) return 0;
  const auto launch = detect_launch(environment, *config, [&] { return ask(environment); });
  const auto launcher = first_launcher(environment);
  if (launcher != Launcher::pmix) check_other_form(environment, *config, launch);
  if (!launch) {
    WEFT_ASSERT(launcher && !launch.error().text().empty());
    WEFT_ASSERT(launch.error().code() == Code::invalid_usage || launch.error().text() == "no PMIx server");
    return 0;
  }
  WEFT_ASSERT(launch->launcher == (launcher ? row_of(*launcher).launcher : "none"));
  check_place(*launch);
  check_meeting(*launch);
  if (launcher) check_root_text(*config, *launch);
  return 0;
}
