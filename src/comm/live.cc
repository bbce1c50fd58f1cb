#include "comm/live.h"

namespace weft {

Status give_handle(std::unique_ptr<Communicator> communicator, weftComm_t* handle) {
  weftComm_t made = put_handle(communicator.get());
  if (made == nullptr) {
    return error(Code::resource, "this process has {} communicators, the most there can be; destroy some",
                 kCommunicatorsMax);
  }
  communicator.release();  // The handle owns it from here on.
  *handle = made;
  return {};
}

Status unusable(const char* function, weftComm_t handle) {
  if (handle == nullptr) {
    return error(Code::invalid_argument, "{}: comm is NULL; make a communicator with weftCommInitRank first", function);
  }
  const Questioner questioner(handle);
  if (questioner.usable()) {
    return error(Code::invalid_usage,
                 "{}: another thread is in a call on comm, which takes one at a time; give each thread a communicator "
                 "of its own, or end the other call with weftCommAbort",
                 function);
  }
  if (questioner.operator->() != nullptr) {
    return error(Code::forked, "{}: comm belongs to the parent of this process; make a new communicator after fork",
                 function);
  }
  return error(Code::invalid_argument,
               "{}: comm is {}, which is no communicator of this library or was destroyed; pass a handle that "
               "weftCommInitRank gave and that was not destroyed",
               function, fmt::ptr(handle));
}

}  // namespace weft
