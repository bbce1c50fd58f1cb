#include "comm/last_error.h"

#include "base/contain.h"
#include "base/log.h"

namespace weft {
namespace {

thread_local std::string text_of_thread;
thread_local const char* text_without_memory = nullptr;  // instead of the above, when that could not be kept
constexpr const char* kNoMemory = "this process has no memory left, not even for the text of the error";

static_assert(static_cast<int>(Code::system_error) == weftSystemError);
static_assert(static_cast<int>(Code::internal_error) == weftInternalError);
static_assert(static_cast<int>(Code::invalid_argument) == weftInvalidArgument);
static_assert(static_cast<int>(Code::invalid_usage) == weftInvalidUsage);
static_assert(static_cast<int>(Code::remote_error) == weftRemoteError);
static_assert(static_cast<int>(Code::in_progress) == weftInProgress);
static_assert(static_cast<int>(Code::timeout) == weftTimeout);
static_assert(static_cast<int>(Code::mismatch) == weftMismatch);
static_assert(static_cast<int>(Code::forked) == weftForked);
static_assert(static_cast<int>(Code::aborted) == weftAborted);
static_assert(static_cast<int>(Code::version) == weftVersionMismatch);
static_assert(static_cast<int>(Code::config) == weftConfigMismatch);
static_assert(static_cast<int>(Code::not_joined) == weftNotJoined);
static_assert(static_cast<int>(Code::resource) == weftOutOfResource);

}  // namespace

const char* last_error_text() {
  return text_without_memory != nullptr ? text_without_memory : text_of_thread.c_str();
}

const char* keep_error_text(std::string_view text) {
  text_without_memory = kNoMemory;
  text_of_thread = text;
  text_without_memory = nullptr;
  return text_of_thread.c_str();
}

weftResult_t report_failure(const Status& status) {
  keep_error_text(status.text());
  log_info("api", "{}", status.text());
  return static_cast<weftResult_t>(status.code());
}

weftResult_t report_exception() {
  try {
    return report_failure(status_of_exception());
  } catch (...) {
    text_without_memory = kNoMemory;
    return weftOutOfResource;
  }
}

}  // namespace weft
