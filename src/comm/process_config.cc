#include "comm/process_config.h"

#include "base/log.h"
#include "collectives/choose.h"

namespace weft {
namespace {

Expected<ProcessConfig> read() {
  ProcessConfig result{.environment = Environment::of_process(), .config = {}};
  WEFT_TRY_ASSIGN(result.config, Config::parse(result.environment));
  set_log_level(result.config.text(Variable::debug));
  for (const std::string& warning : result.config.warnings()) log_warn("config", "{}", warning);
  WEFT_TRY(check_algorithm_name(result.config.text(Variable::algo)));
  return result;
}

}  // namespace

Expected<const ProcessConfig*> process_config() {
  static const auto* const result = new Expected<ProcessConfig>(read());  // Never destroyed: see base/log.
  if (!*result) return failure_of(result->error().copy());
  return &**result;
}

}  // namespace weft
