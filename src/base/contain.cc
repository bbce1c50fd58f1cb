#include "base/contain.h"

#include <exception>
#include <new>
#include <system_error>

namespace weft {

Status status_of_exception() {
  try {
    std::rethrow_exception(std::current_exception());
  } catch (const std::bad_alloc&) {
    return error(Code::resource, "this process has no memory left: raise its limit or use less");
  } catch (const std::system_error& problem) {
    return error(Code::resource, "the system refuses a thread or a lock: {}; for more threads raise `ulimit -u`",
                 problem.what());
  } catch (const std::exception& problem) {
    return error(Code::internal_error, "unexpected: {}", problem.what());
  }
}

}  // namespace weft
