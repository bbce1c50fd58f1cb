#include "bootstrap/control.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/fork.h"
#include "bootstrap/control_tokens.h"
#include "bootstrap/gate.h"
#include "bootstrap/host.h"

namespace weft {
namespace {

// Where this process keeps its control thread. A forked child starts with a new one and leaves its parent's alone,
// mutex included: some other thread may have held it at the moment of the fork.
struct Holder {
  explicit Holder(uint32_t the_generation) : generation(the_generation) {}
  const uint32_t generation;
  std::mutex mutex;
  std::weak_ptr<Control> control;
};

Holder& holder() {
  static std::atomic<Holder*> current{nullptr};
  Holder* found = current.load(std::memory_order_acquire);  // Pairs with the exchange below: its members are made.
  while (found == nullptr || forked_since(found->generation)) {
    auto* fresh = new Holder(fork_generation());  // Never deleted: threads may use it while the process exits.
    if (current.compare_exchange_strong(found, fresh, std::memory_order_acq_rel)) return *fresh;
    delete fresh;
  }
  return *found;
}

// In a forked child the object is left as it is: its mutex, its thread and its waiters are the parent's.
void end_unless_forked(Control* control) {
  if (!control->forked()) delete control;
}

std::string draw_name() {
  return fmt::format("weft-control-{:016x}{:016x}", random_word(), random_word());
}

}  // namespace

Expected<std::shared_ptr<Control>> Control::of_process(const std::string& interface) {
  Holder& here = holder();
  std::lock_guard lock(here.mutex);
  if (auto existing = here.control.lock()) return existing;
  std::shared_ptr<Control> fresh(new Control, end_unless_forked);
  WEFT_TRY(fresh->start(interface));
  here.control = fresh;
  return fresh;
}

Status Control::start(const std::string& interface) {
  generation_ = fork_generation();
  fill_random(self_.bytes);
  switchboard_ = std::make_unique<Switchboard>(self_, mailbox_);
  unix_name_ = draw_name();
  register_doorbell_process();
  epoll_ = PrivateFd(epoll_create1(EPOLL_CLOEXEC));
  stop_ = PrivateFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  wake_ = PrivateFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll_.valid() || !stop_.valid() || !wake_.valid())
    return error(Code::system_error, "epoll_create1 or eventfd: {}", errno_text(errno));
  WEFT_TRY(open_gate(interface));
  if (!watch(EPOLL_CTL_ADD, gate_->fd(), kGateToken, EPOLLIN) ||
      !watch(EPOLL_CTL_ADD, stop_.get(), kStopToken, EPOLLIN) ||
      !watch(EPOLL_CTL_ADD, wake_.get(), kWakeToken, EPOLLIN))
    return error(Code::system_error, "epoll_ctl: {}", errno_text(errno));
  WEFT_TRY_ASSIGN(thread_, QuietThread::start("weft-control", [this] { serve(); }));
  return {};
}

Status Control::open_gate(const std::string& interface) {
  WEFT_TRY_ASSIGN(gate_, Gate::make([this](const Hello& hello) -> std::optional<Secret> {
                    if (hello.purpose != Purpose::link || hello.wire_version != kWireVersion) return std::nullopt;
                    // The gate is served with the mutex held.
                    return switchboard_->secret_of(hello.communicator, hello.process);
                  }));
  Hello introduction;
  introduction.process = self_;
  gate_->introduce_as(introduction);
  auto local = listen_unix(unix_name_);
  if (!local)
    return error(Code::system_error, "cannot listen on unix socket @{}: {}", unix_name_, errno_text(local.error()));
  WEFT_TRY(gate_->listen_at(std::move(*local), true));
  WEFT_TRY_ASSIGN(tcp_, address_of_interface(interface));
  auto remote = listen_tcp(tcp_);
  if (!remote) return error(Code::system_error, "cannot listen on {}: {}", tcp_.text(), errno_text(remote.error()));
  const auto port = port_of(remote->get());
  if (!port) return error(Code::system_error, "getsockname: {}", errno_text(port.error()));
  tcp_.port = *port;
  return gate_->listen_at(std::move(*remote), false);
}

Control::~Control() {
  if (thread_ != nullptr) eventfd_write(stop_.get(), 1);
  thread_.reset();
}

Status Control::send(const ProcessId& to, Topic topic, std::span<const std::byte> body, int fd) {
  if (forked()) return error(Code::forked, "this process was forked from the one that made its communicators");
  if (body.size() > kParcelBytesMax) {
    return error(Code::invalid_argument, "a parcel of {} bytes: the limit is {}", body.size(), kParcelBytesMax);
  }
  OwnedFd copy(fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (fd >= 0 && !copy.valid())
    return error(Code::resource, "cannot duplicate descriptor {}: {}", fd, errno_text(errno));
  std::lock_guard lock(mutex_);
  if (to == self_) {
    const bool kept = mailbox_.put(topic, {self_, {body.begin(), body.end()}, std::move(copy)});
    if (!kept)
      return error(Code::resource, "{} parcels of topic {} wait in this process", Mailbox::kParcelsMax,
                   static_cast<int>(topic));
    if (doorbell_ != nullptr) doorbell_->ring();
    return {};
  }
  Link* link = find_link(to);
  if (link == nullptr) return error(Code::remote_error, "there is no control connection to that process any more");
  if (fd >= 0 && !link->local()) return error(Code::invalid_usage, "descriptors cannot be sent to another host");
  if (link->queued_bytes() > kQueuedParcelBytesMax) {
    return error(Code::resource, "{} bytes wait to be sent to a process that does not read them", link->queued_bytes());
  }
  ByteWriter writer;
  writer.number(static_cast<uint8_t>(topic)).raw(body);
  link->push(make_frame(FrameKind::parcel, writer.bytes(), fd >= 0), std::move(copy));
  flush_link(*link);
  return {};
}

std::optional<Parcel> Control::take(Topic topic) {
  if (forked()) return std::nullopt;
  return mailbox_.take(topic);
}

void Control::set_doorbell(Doorbell* doorbell) {
  if (forked()) return;
  std::lock_guard lock(mutex_);
  doorbell_ = doorbell;
}

Member Control::describe_self() const {
  Member member;
  member.process = self_;
  member.host = host_name();
  member.pid = getpid();
  member.host_identity = host_identity();
  member.control_name = unix_name_;
  member.control_tcp = tcp_;
  return member;
}

size_t Control::links() const {
  std::lock_guard lock(mutex_);
  return links_.size();
}

uint64_t Control::comparisons() const {
  std::lock_guard lock(mutex_);
  return switchboard_->comparisons();
}

uint64_t Control::strangers() const {
  std::lock_guard lock(mutex_);
  return gate_->strangers();
}

bool Control::forked() const {
  return forked_since(generation_);
}

}  // namespace weft
