// The text of the last error of each thread, for weftGetLastError; and the one way from a Status to a weftResult_t.
#pragma once

#include "base/status.h"
#include "weft/result.h"

namespace weft {

// Keeps the text for this thread and gives the code. Success keeps nothing and costs one comparison.
inline weftResult_t report(const Status& status);

const char* last_error_text();
// Makes `text` what weftGetLastError returns to this thread.
const char* keep_error_text(std::string_view text);

weftResult_t report_failure(const Status& status);

inline weftResult_t report(const Status& status) {
  return status.ok() ? weftSuccess : report_failure(status);
}

// What a function of the C API does when something throws in it: memory or a thread was missing.
weftResult_t report_exception();

// Every function of the C API that may allocate does its work in here.
template <typename Body>
weftResult_t answer(const Body& body) {
  try {
    return report(body());
  } catch (...) {
    return report_exception();
  }
}

}  // namespace weft
