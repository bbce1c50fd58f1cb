#include "faults/interposer.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>

namespace weft::test {
namespace {

struct Kind {
  const char* name;
  int error;
};
constexpr std::array<Kind, kSystemCalls> kKinds = {
    {{"malloc", ENOMEM},       {"open", EMFILE},          {"memfd_create", EMFILE},
     {"mmap", ENOMEM},         {"ftruncate", ENOSPC},     {"posix_fallocate", ENOSPC},
     {"fcntl", EMFILE},        {"socket", EMFILE},        {"bind", EADDRNOTAVAIL},
     {"listen", EADDRINUSE},   {"connect", ECONNREFUSED}, {"accept4", EMFILE},
     {"getsockname", ENOBUFS}, {"setsockopt", ENOBUFS},   {"send", ECONNRESET},
     {"sendmsg", ENOBUFS},     {"recv", ECONNRESET},      {"recvmsg", ENOMEM},
     {"poll", ENOMEM},         {"epoll_create1", EMFILE}, {"epoll_ctl", ENOSPC},
     {"epoll_wait", EINTR},    {"eventfd", EMFILE},       {"pidfd_open", EMFILE},
     {"futex", EINTR},         {"membarrier", EPERM},     {"pthread_create", EAGAIN}}};

std::atomic<int> armed_kind{-1}, calls_left{0}, frames_taken{0};
std::array<void*, 24> frames;

// Whether this call is the one. Its stack is kept.
bool fails(SystemCall call) {
  if (armed_kind.load(std::memory_order_relaxed) != static_cast<int>(call)) return false;
  if (calls_left.fetch_sub(1) != 1) return false;
  armed_kind.store(-1);
  frames_taken.store(backtrace(frames.data(), static_cast<int>(frames.size())));
  errno = kKinds[static_cast<size_t>(call)].error;
  return true;
}

// The function that this one stands before.
template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

const char* name_of(SystemCall call) {
  return kKinds[static_cast<size_t>(call)].name;
}

void arm(SystemCall call, int nth) {
  static const int warm = backtrace(frames.data(), 1);  // It loads a library when it is first called.
  static_cast<void>(warm);
  frames_taken.store(0);
  calls_left.store(nth);
  armed_kind.store(static_cast<int>(call));
}

std::string disarm() {
  armed_kind.store(-1);
  std::string text;
  char** const lines = backtrace_symbols(frames.data(), frames_taken.load());
  for (int i = 0; i < frames_taken.load(); ++i) text += std::string(lines[i]) + "\n";
  std::free(lines);
  return text;
}

}  // namespace weft::test

using weft::test::fails;
using weft::test::SystemCall;

#pragma GCC visibility push(default)  // so that shared libraries find these too

// A function that gives -1 and sets errno when it fails.
#define WEFT_INTERPOSE(result, name, parameters, arguments)               \
  extern "C" result name parameters {                                     \
    static auto* const real = weft::test::next<result parameters>(#name); \
    return fails(SystemCall::name) ? -1 : real arguments;                 \
  }

WEFT_INTERPOSE(int, memfd_create, (const char* name, unsigned flags), (name, flags))
WEFT_INTERPOSE(int, ftruncate, (int fd, off_t length), (fd, length))
WEFT_INTERPOSE(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
WEFT_INTERPOSE(int, bind, (int fd, const sockaddr* address, socklen_t length), (fd, address, length))
WEFT_INTERPOSE(int, listen, (int fd, int backlog), (fd, backlog))
WEFT_INTERPOSE(int, connect, (int fd, const sockaddr* address, socklen_t length), (fd, address, length))
WEFT_INTERPOSE(int, accept4, (int fd, sockaddr* address, socklen_t* length, int flags), (fd, address, length, flags))
WEFT_INTERPOSE(int, getsockname, (int fd, sockaddr* address, socklen_t* length), (fd, address, length))
WEFT_INTERPOSE(int, setsockopt, (int fd, int level, int name, const void* value, socklen_t length),
               (fd, level, name, value, length))
WEFT_INTERPOSE(ssize_t, send, (int fd, const void* data, size_t size, int flags), (fd, data, size, flags))
WEFT_INTERPOSE(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
WEFT_INTERPOSE(ssize_t, recv, (int fd, void* data, size_t size, int flags), (fd, data, size, flags))
WEFT_INTERPOSE(ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))
WEFT_INTERPOSE(int, poll, (pollfd * fds, nfds_t count, int timeout), (fds, count, timeout))
WEFT_INTERPOSE(int, epoll_create1, (int flags), (flags))
WEFT_INTERPOSE(int, epoll_wait, (int epoll, epoll_event* events, int most, int timeout), (epoll, events, most, timeout))
WEFT_INTERPOSE(int, eventfd, (unsigned value, int flags), (value, flags))

// Those that give errors in other ways or not always, or take any number of arguments.
extern "C" int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  static auto* const real = weft::test::next<int(int, int, int, epoll_event*)>("epoll_ctl");
  const bool takes_memory = operation == EPOLL_CTL_ADD;  // The others cannot fail on what is there.
  return takes_memory && fails(SystemCall::epoll_ctl) ? -1 : real(epoll, operation, fd, event);
}

extern "C" int posix_fallocate(int fd, off_t offset, off_t length) {
  static auto* const real = weft::test::next<int(int, off_t, off_t)>("posix_fallocate");
  return fails(SystemCall::posix_fallocate) ? errno : real(fd, offset, length);
}

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                              void* argument) {
  using Create = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static auto* const real = weft::test::next<Create>("pthread_create");
  return fails(SystemCall::pthread_create) ? errno : real(thread, attributes, body, argument);
}

extern "C" void* mmap(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  using Map = void*(void*, size_t, int, int, int, off_t);
  static auto* const real = weft::test::next<Map>("mmap");
  return fails(SystemCall::mmap) ? MAP_FAILED : real(address, length, protection, flags, fd, offset);
}

extern "C" int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  static auto* const real = weft::test::next<int(const char*, int, ...)>("open");
  return fails(SystemCall::open) ? -1 : real(path, flags, mode);
}

extern "C" int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  const long argument = va_arg(rest, long);
  va_end(rest);
  static auto* const real = weft::test::next<int(int, int, ...)>("fcntl");
  return fails(SystemCall::fcntl) ? -1 : real(fd, command, argument);
}

extern "C" long syscall(long number, ...) noexcept {
  va_list rest;
  va_start(rest, number);
  std::array<long, 6> arguments;
  for (long& argument : arguments) argument = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_pidfd_open && fails(SystemCall::pidfd_open)) return -1;
  if (number == SYS_futex && fails(SystemCall::futex)) return -1;
  if (number == SYS_membarrier && fails(SystemCall::membarrier)) return -1;
  static auto* const real = weft::test::next<long(long, ...)>("syscall");
  return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

// The allocator: dlsym itself needs it.
extern "C" void* __libc_malloc(size_t size);
extern "C" void* __libc_calloc(size_t count, size_t size);
extern "C" void* __libc_realloc(void* memory, size_t size);

extern "C" void* malloc(size_t size) {
  return fails(SystemCall::malloc) ? nullptr : __libc_malloc(size);
}
extern "C" void* calloc(size_t count, size_t size) {
  return fails(SystemCall::malloc) ? nullptr : __libc_calloc(count, size);
}
extern "C" void* realloc(void* memory, size_t size) {
  return fails(SystemCall::malloc) ? nullptr : __libc_realloc(memory, size);
}
#pragma GCC visibility pop
