#include "bootstrap/link.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bootstrap/seats.h"

namespace weft {
namespace {

constexpr size_t kBodyBytesMax = 1 << 20;  // an agreement among very many ranks; parcels and notices are smaller
static_assert(kParcelBytesMax + 64 <= kBodyBytesMax && kNoticeTextBytesMax + 64 <= kBodyBytesMax);

int open_process(pid_t pid) {
  return pid > 0 ? static_cast<int>(syscall(SYS_pidfd_open, pid, 0)) : -1;
}  // close-on-exec

}  // namespace

Link::Link(const ProcessId& peer, PrivateFd socket, bool local, pid_t pid)
    : peer_(peer), socket_(std::move(socket)), process_(open_process(pid)), local_(local), reader_(kBodyBytesMax) {}

Link::~Link() {
  if (socket_.valid() && !socket_.inherited()) ::shutdown(socket_.get(), SHUT_RDWR);
}

void Link::end_sending() {
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace weft
