#include "bootstrap/root.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "bootstrap/assembly.h"
#include "bootstrap/gate.h"
#include "bootstrap/host.h"
#include "bootstrap/root_session.h"

namespace weft {
namespace {

constexpr int64_t kWaitMs = 60'000;  // longest sleep without a look at the deadline

}  // namespace

Expected<std::unique_ptr<Root>> Root::start(const RootOptions& options) {
  std::unique_ptr<Root> root(new Root);
  root->id_ = options.well_known ? *options.well_known : draw_unique_id();
  root->id_.host_identity = host_identity();
  Root* self = root.get();
  WEFT_TRY_ASSIGN(root->gate_, Gate::make([self](const Hello& hello) -> std::optional<Secret> {
                    if (hello.purpose != Purpose::join || hello.communicator != self->id_.communicator)
                      return std::nullopt;
                    return self->id_.secret;
                  }));
  WEFT_TRY(root->listen(options));
  root->stop_ = PrivateFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  // Made here, not on the thread: what fails must fail while there is somebody to tell.
  root->epoll_ = PrivateFd(epoll_create1(EPOLL_CLOEXEC));
  if (!root->stop_.valid() || !root->epoll_.valid()) {
    return error(Code::system_error, "eventfd or epoll_create1: {}", errno_text(errno));
  }
  for (const int fd : {root->gate_->fd(), root->stop_.get()}) {
    epoll_event event{EPOLLIN, {.fd = fd}};
    if (epoll_ctl(root->epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
      return error(Code::system_error, "epoll_ctl: {}", errno_text(errno));
  }
  WEFT_TRY_ASSIGN(root->thread_, QuietThread::start("weft-root", [self] { self->serve(); }));
  return root;
}

Root::Root() = default;

Root::~Root() {
  ending_.store(true);
  if (thread_ != nullptr && !stop_.inherited()) eventfd_write(stop_.get(), 1);
  thread_.reset();
}

Status Root::listen(const RootOptions& options) {
  auto local = listen_unix(id_.unix_name());
  if (!local) {
    return error(
        Code::system_error, "cannot listen on unix socket @{}: {}; {}", id_.unix_name(), errno_text(local.error()),
        local.error() == EADDRINUSE ? "another job of this user has the same launcher, job name and root address"
                                    : "raise the limit that it names");
  }
  WEFT_TRY(gate_->listen_at(std::move(*local), true));
  if (id_.trust == Trust::local) return {};
  if (options.well_known && !id_.root.valid()) return {};
  WEFT_TRY_ASSIGN(TcpAddress address, address_of_interface(options.interface));
  if (!id_.root.valid()) id_.root = address;
  // A launcher's address may be this host's only from outside: it is told to others, but bound to only if it was chosen
  // here.
  if (options.well_known && (options.interface.empty() || address.family != id_.root.family))
    address = any_address(id_.root.family);
  address.port = id_.root.port;
  return listen_tcp_on(address);
}

// On the first free port of the range.
Status Root::listen_tcp_on(const TcpAddress& address) {
  TcpAddress bound = address;
  int failed = 0;
  for (int i = 0; i < std::max<int>(id_.port_count, 1); ++i) {
    bound.port = static_cast<uint16_t>(address.port + i);
    auto fd = listen_tcp(bound);
    failed = fd ? 0 : fd.error();
    if (failed == EADDRINUSE) continue;
    if (!fd) break;
    const auto port = port_of(fd->get());
    if (!port) return error(Code::system_error, "getsockname: {}", errno_text(port.error()));
    if (id_.root.port == 0) id_.root.port = *port;
    return gate_->listen_at(std::move(*fd), false);
  }
  return error(Code::system_error, "cannot listen on {} ({} ports tried): {}", address.text(), id_.port_count,
               errno_text(failed));
}

void Root::serve() {
  try {
    run_root_session({.gate = *gate_,
                      .epoll_fd = epoll_.get(),
                      .stop_fd = stop_.get(),
                      .ending = ending_,
                      .take_abandoned = [this] { return take_abandoned(); },
                      .strangers = strangers_,
                      .set_refusing = [this](bool refusing) { set_refusing(refusing); }});
  } catch (...) {  // No memory: ranks find nobody here any more.
  }
  gate_->close_listeners();
  set_refusing(false);
  finished_.store(true, std::memory_order_release);  // Whoever sees it finds the name and the port free.
}

void Root::abandon(Abandoned rank) {
  if (finished() || stop_.inherited()) return;
  {
    std::lock_guard lock(mutex_);
    abandoned_ = std::make_unique<Abandoned>(std::move(rank));
  }
  eventfd_write(stop_.get(), 1);
}

std::optional<Abandoned> Root::take_abandoned() {
  std::lock_guard lock(mutex_);
  if (abandoned_ == nullptr) return std::nullopt;
  return std::move(*std::exchange(abandoned_, nullptr));
}

void Root::set_refusing(bool refusing) {
  std::lock_guard lock(mutex_);
  refusing_.store(refusing, std::memory_order_release);
  told_all_.notify_all();
}

void Root::wait_while_refusing(Deadline deadline) {
  if (!refusing() || stop_.inherited()) return;  // In a forked child nobody would ever notify.
  std::unique_lock lock(mutex_);
  told_all_.wait_for(lock, std::chrono::milliseconds(deadline.left_ms(kWaitMs)), [this] { return !refusing(); });
}

}  // namespace weft
