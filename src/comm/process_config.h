// The configuration of this process: read from the environment once, at the first call that needs it. Any thread.
#pragma once

#include "base/config.h"
#include "base/environment.h"

namespace weft {

struct ProcessConfig {
  Environment environment;
  Config config;
};

// The same error each time if the environment is malformed.
Expected<const ProcessConfig*> process_config();

}  // namespace weft
