// What the user may set for one communicator, in the call that makes it; the environment's values where nothing is set.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/config.h"
#include "base/deadline.h"
#include "base/status.h"
#include "weft/config.h"

namespace weft {

struct Settings {
  std::string name;                          // in reports; may be empty
  std::chrono::nanoseconds call_limit{0};    // of one collective; 0: none
  std::chrono::milliseconds set_up_limit{};  // of making it, and of making others from it

  Deadline set_up_deadline() const { return Deadline::after(set_up_limit); }
};

Settings settings_of(const Config& environment);
// `defaults` where `config` sets nothing. Errors name `function`, the field, its value and the fix.
Expected<Settings> settings_of(const char* function, const weftConfig_t* config, const Settings& defaults);
// The limit that a call's configuration sets; nothing if it sets none.
Expected<std::optional<std::chrono::nanoseconds>> call_limit_of(const char* function, const weftCallConfig_t& config);

}  // namespace weft
