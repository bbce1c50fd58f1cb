// Where exceptions of the standard library end: memory that is not there, a thread that cannot be started. No function
// of ours throws, but any that allocates lets these through, up to the next function that contains them: one of the C
// API, the body of a thread, a destructor.
#pragma once

#include <utility>

#include "base/status.h"

namespace weft {

// Of the exception that is being caught: Code::resource with what was missing. Throws if there is no memory even for
// that.
Status status_of_exception();

// What the body returns, a Status, or the exception that it let through.
template <typename Body>
Status contain(Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    return status_of_exception();
  }
}

}  // namespace weft
