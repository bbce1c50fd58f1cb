// Errors as values. A Status is either success or an error: a code that the C API returns and a text for a person. The
// place that decides that something is an error writes the text, once, with the cause and the fix.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace weft {

// The values are those of weftResult_t (include/weft/result.h); comm/api asserts that they agree.
enum class Code : int {
  success = 0,
  system_error = 2,
  internal_error = 3,
  invalid_argument = 4,
  invalid_usage = 5,
  remote_error = 6,
  in_progress = 7,
  timeout = 8,
  mismatch = 100,
  forked = 101,
  aborted = 102,
  version = 103,
  config = 104,
  not_joined = 105,
  resource = 106,
};

// One pointer wide; success is null, so passing success on costs a register. Movable, copied only by name (`copy`).
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string text) : error_(std::make_unique<Error>(Error{code, std::move(text)})) {}

  bool ok() const { return error_ == nullptr; }
  explicit operator bool() const = delete;  // Ask ok(): `if (status)` reads both ways.
  Code code() const { return error_ ? error_->code : Code::success; }
  std::string_view text() const { return error_ ? std::string_view(error_->text) : std::string_view(); }
  Status copy() const { return error_ ? Status(error_->code, error_->text) : Status(); }

 private:
  struct Error {
    Code code;
    std::string text;
  };
  std::unique_ptr<Error> error_;
};

template <typename T>
using Expected = tl::expected<T, Status>;

// error(Code::timeout, "rank {} did not come", 3): for functions that return a Status or an Expected.
class [[nodiscard]] Failure {
 public:
  explicit Failure(Status status) : status_(std::move(status)) {}
  operator Status() && { return std::move(status_); }
  template <typename T>
  operator tl::expected<T, Status>() && {
    return tl::unexpected<Status>(std::move(status_));
  }

 private:
  Status status_;
};

template <typename... Args>
Failure error(Code code, fmt::format_string<Args...> text, Args&&... args) {
  return Failure(Status(code, fmt::format(text, std::forward<Args>(args)...)));
}

// The text of errno, for messages; thread-safe.
std::string errno_text(int number);

inline Failure failure_of(Status status) {
  return Failure(std::move(status));
}
template <typename T>
Failure failure_of(Expected<T> result) {
  return Failure(std::move(result.error()));
}
inline bool succeeded(const Status& status) {
  return status.ok();
}
template <typename T>
bool succeeded(const Expected<T>& result) {
  return result.has_value();
}

}  // namespace weft

// Passes an error on. WEFT_TRY(f()) for a Status; WEFT_TRY_ASSIGN(auto x, g()) for an Expected.
#define WEFT_TRY(expression)                                                                        \
  do {                                                                                              \
    auto weft_try_result = (expression);                                                            \
    if (!::weft::succeeded(weft_try_result)) return ::weft::failure_of(std::move(weft_try_result)); \
  } while (false)
#define WEFT_TRY_JOIN_(a, b) a##b
#define WEFT_TRY_JOIN(a, b) WEFT_TRY_JOIN_(a, b)
#define WEFT_TRY_ASSIGN(target, expression) WEFT_TRY_ASSIGN_(target, expression, WEFT_TRY_JOIN(weft_try_, __LINE__))
#define WEFT_TRY_ASSIGN_(target, expression, name)                          \
  auto name = (expression);                                                 \
  if (!::weft::succeeded(name)) return ::weft::failure_of(std::move(name)); \
  target = std::move(*name)
