// Lets the Nth call of one function of the system fail in this process: the program defines the functions itself, so
// weft and the libraries below it come here first. One failure at a time; unarmed it only passes on.
#pragma once

#include <string>

namespace weft::test {

enum class SystemCall {
  malloc,  // and calloc, realloc: all that `new` takes from
  open,
  memfd_create,
  mmap,
  ftruncate,
  posix_fallocate,
  fcntl,
  socket,
  bind,
  listen,
  connect,
  accept4,
  getsockname,
  setsockopt,
  send,
  sendmsg,
  recv,
  recvmsg,
  poll,
  epoll_create1,
  epoll_ctl,
  epoll_wait,
  eventfd,
  pidfd_open,
  futex,
  membarrier,
  pthread_create,
};
inline constexpr int kSystemCalls = 27;
const char* name_of(SystemCall call);

// From now on the call number `nth`, from 1, of any thread fails, with the error that the system would give.
void arm(SystemCall call, int nth);
// Whether it came to that, and where: the stack as support/symbols.h takes it; empty if it did not.
std::string disarm();

}  // namespace weft::test
