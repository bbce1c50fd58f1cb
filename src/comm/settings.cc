#include "comm/settings.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace weft {
namespace {

constexpr double kSecondsMost = 1e6;

// What every structure of weft/config.h begins with.
struct Head {
  size_t size;
  uint32_t magic, version;
};
static_assert(offsetof(weftConfig_t, magic) == offsetof(Head, magic));
static_assert(offsetof(weftCallConfig_t, version) == offsetof(Head, version));

// Copies what the caller's structure has of ours; it may come from an older or a newer header.
template <typename Structure>
Status read(const char* function, const char* type, const char* initializer, const Structure& theirs, Structure& ours) {
  Head head;
  std::memcpy(&head, &theirs, sizeof head);
  if (head.magic != WEFT_CONFIG_MAGIC || head.size < sizeof(Head)) {
    return error(Code::invalid_argument,
                 "{}: config has size {} and magic {:#x}, so it is no {}; initialise it with {}", function, head.size,
                 head.magic, type, initializer);
  }
  if (head.size > sizeof ours && head.version <= WEFT_VERSION_CODE) {
    return error(Code::invalid_argument, "{}: config has size {}, but a {} of version {} has {}; initialise it with {}",
                 function, head.size, type, head.version, sizeof ours, initializer);
  }
  std::memcpy(&ours, &theirs, std::min(head.size, sizeof ours));
  return {};
}

Status check_seconds(const char* function, const char* field, double seconds) {
  if (seconds == WEFT_TIMEOUT_DEFAULT || (seconds >= 0 && seconds <= kSecondsMost)) return {};
  return error(Code::invalid_argument,
               "{}: config.{} is {}; it must be from 0 to {:.0f} seconds, or WEFT_TIMEOUT_DEFAULT", function, field,
               seconds, kSecondsMost);
}

std::chrono::nanoseconds nanoseconds_of(double seconds) {
  return std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9));
}

std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

}  // namespace

Settings settings_of(const Config& environment) {
  Settings settings;
  settings.call_limit = nanoseconds_of(environment.number(Variable::timeout));
  settings.set_up_limit = milliseconds_of(environment.number(Variable::init_timeout));
  return settings;
}

Expected<Settings> settings_of(const char* function, const weftConfig_t* config, const Settings& defaults) {
  Settings settings = defaults;
  settings.name.clear();  // Two communicators of one name would tell nobody anything.
  if (config == nullptr) return settings;
  weftConfig_t given = WEFT_CONFIG_INITIALIZER;
  WEFT_TRY(read(function, "weftConfig_t", "WEFT_CONFIG_INITIALIZER", *config, given));
  WEFT_TRY(check_seconds(function, "timeout", given.timeout));
  WEFT_TRY(check_seconds(function, "init_timeout", given.init_timeout));
  if (given.name != nullptr) settings.name = std::string(given.name, strnlen(given.name, WEFT_CONFIG_NAME_MAX + 1));
  if (settings.name.size() > WEFT_CONFIG_NAME_MAX) {
    return error(Code::invalid_argument, "{}: config.name begins with \"{}\"; it may have {} bytes", function,
                 settings.name, WEFT_CONFIG_NAME_MAX);
  }
  if (given.init_timeout == 0) {
    return error(Code::invalid_argument,
                 "{}: config.init_timeout is 0, which no other rank could meet; give it seconds, or "
                 "WEFT_TIMEOUT_DEFAULT",
                 function);
  }
  if (given.init_timeout > 0) settings.set_up_limit = milliseconds_of(given.init_timeout);
  if (given.timeout >= 0) settings.call_limit = nanoseconds_of(given.timeout);
  return settings;
}

Expected<std::optional<std::chrono::nanoseconds>> call_limit_of(const char* function, const weftCallConfig_t& config) {
  weftCallConfig_t given = WEFT_CALL_CONFIG_INITIALIZER;
  WEFT_TRY(read(function, "weftCallConfig_t", "WEFT_CALL_CONFIG_INITIALIZER", config, given));
  WEFT_TRY(check_seconds(function, "timeout", given.timeout));
  if (given.timeout < 0) return std::nullopt;
  return nanoseconds_of(given.timeout);
}

}  // namespace weft
