#include "comm/live.h"

#include "comm/communicator.h"

namespace weft {

Status find_live(const char* function, weftComm_t handle, Communicator*& communicator) {
  communicator = find_handle(handle);
  if (communicator == nullptr) [[unlikely]] {
    if (handle == nullptr) {
      return error(Code::invalid_argument, "{}: comm is NULL; make a communicator with weftCommInitRank first",
                   function);
    }
    return error(Code::invalid_argument,
                 "{}: comm is {}, which is no communicator of this library or was destroyed; pass a handle that "
                 "weftCommInitRank gave and that was not destroyed",
                 function, fmt::ptr(handle));
  }
  if (communicator->forked()) [[unlikely]] {
    return error(Code::forked, "{}: comm belongs to the parent of this process; make a new communicator after fork",
                 function);
  }
  return {};
}

}  // namespace weft
