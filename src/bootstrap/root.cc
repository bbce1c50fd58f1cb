#include "bootstrap/root.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "base/log.h"
#include "bootstrap/assembly.h"
#include "bootstrap/frame.h"
#include "bootstrap/gate.h"
#include "bootstrap/host.h"

namespace weft {
namespace {

constexpr int64_t kDeliveryMs = 10'000;  // for slow ranks to take the roster
constexpr int64_t kLingerMs = 5'000;     // for late ranks to hear why there is no communicator
constexpr int64_t kSleepMs = 60'000;     // longest sleep without a look at the deadline

// A rank that has proved itself. `heard` once its JoinMessage has come.
struct Visitor {
  PrivateFd fd;
  Hello hello;
  FrameReader reader{kJoinBytesMax};
  SendQueue replies;
  bool heard = false;
  bool answered = false;
  bool waits = false;  // for room in its socket
};

// One run of a root, on its thread.
class Session {
 public:
  Session(Gate& gate, int epoll_fd, int stop_fd, std::atomic<uint64_t>& strangers)
      : gate_(gate), epoll_fd_(epoll_fd), stop_fd_(stop_fd), strangers_(strangers) {
    watch(EPOLL_CTL_ADD, gate.fd(), EPOLLIN);
    watch(EPOLL_CTL_ADD, stop_fd, EPOLLIN);
  }

  void run() {
    Deadline end = Deadline::after_ms(Root::kFirstRankMs);
    bool answered = false;
    while (!stopped_ && !end.passed() && !over()) {
      wait(answered ? end : std::min(end, assembly_.deadline()));
      if (!answered && assembly_.deadline().passed() && !assembly_.decided()) assembly_.give_up();
      if (assembly_.decided()) answer_all();
      if (assembly_.decided() && !answered) end = last_moment();
      answered = assembly_.decided();
    }
  }

 private:
  bool over() const {
    const bool delivered = std::all_of(visitors_.begin(), visitors_.end(), [](const auto& one) {
      return one.second.answered && one.second.replies.empty();
    });
    return delivered && (assembly_.complete() || (assembly_.decided() && assembly_.all_heard()));
  }

  Deadline last_moment() const {
    if (assembly_.complete()) return Deadline::after_ms(kDeliveryMs);
    return Deadline::after_ms(assembly_.deadline().left_ms(kSleepMs * 60) + kLingerMs);
  }

  void wait(Deadline deadline) {
    int64_t sleep_ms = deadline.left_ms(kSleepMs);
    if (gate_.timeout_ms() >= 0) sleep_ms = std::min<int64_t>(sleep_ms, gate_.timeout_ms());
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), static_cast<int>(sleep_ms));
    for (const epoll_event& event : std::span(events).first(static_cast<size_t>(std::max(count, 0)))) {
      const int fd = event.data.fd;
      if (fd == stop_fd_) stopped_ = true;
      const auto visitor = visitors_.find(fd);
      if (visitor != visitors_.end() && !attend(visitor->second)) visitors_.erase(visitor);
    }
    for (Guest& guest : gate_.serve()) admit(std::move(guest));
    strangers_.store(gate_.strangers(), std::memory_order_relaxed);
  }

  void admit(Guest guest) {
    if (!assembly_.greet(guest.hello)) return;  // It has seen our version, and says the rest itself.
    const int fd = guest.fd.get();
    Visitor& visitor = visitors_[fd];
    visitor.fd = std::move(guest.fd);
    visitor.hello = guest.hello;
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
  }

  // False if the visitor has gone.
  bool attend(Visitor& visitor) {
    std::vector<Frame> frames;
    const auto state = visitor.reader.read(visitor.fd.get(), frames);
    for (Frame& frame : frames) take(visitor, frame);
    if (state == FrameReader::State::open && deliver(visitor)) return true;
    if (visitor.heard && !visitor.answered) assembly_.lose(static_cast<int>(visitor.hello.rank));
    return false;
  }

  void take(Visitor& visitor, const Frame& frame) {
    auto message = decode_join(frame.body);
    if (frame.kind != FrameKind::join || visitor.heard || !message)
      return;  // A member that speaks nonsense never arrives.
    visitor.heard = true;
    if (!assembly_.complete()) return assembly_.arrive(visitor.hello, std::move(*message));
    const Status twice = error(Code::invalid_argument, "rank {} came twice: all ranks had joined when {} pid {} came",
                               visitor.hello.rank, message->self.host, message->self.pid);
    answer(visitor, make_frame(FrameKind::refusal, encode(twice)));
  }

  void answer_all() {
    if (!answer_) answer_ = make_answer();
    for (auto& [fd, visitor] : visitors_) {
      if (visitor.heard && !visitor.answered) answer(visitor, answer_);
    }
  }

  void answer(Visitor& visitor, FrameBytes frame) {
    visitor.answered = true;
    visitor.replies.push(std::move(frame));
    deliver(visitor);  // If it has gone, epoll says so.
  }

  bool deliver(Visitor& visitor) {
    const bool waited = visitor.waits;
    if (visitor.replies.flush(visitor.fd.get()) != 0) return false;
    visitor.waits = !visitor.replies.empty();
    if (waited != visitor.waits) watch(EPOLL_CTL_MOD, visitor.fd.get(), visitor.waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return true;
  }

  FrameBytes make_answer() {
    if (!assembly_.complete()) return make_frame(FrameKind::refusal, encode(assembly_.refusal()));
    gate_.close_listeners();
    return make_frame(FrameKind::roster,
                      encode(RosterMessage{random_word(), random_secret(), assembly_.take_roster()}));
  }

  void watch(int operation, int fd, uint32_t events) {
    epoll_event event{events, {.fd = fd}};
    epoll_ctl(epoll_fd_, operation, fd, &event);
  }

  Gate& gate_;
  const int epoll_fd_, stop_fd_;
  std::atomic<uint64_t>& strangers_;
  Assembly assembly_;
  std::map<int, Visitor> visitors_;  // by descriptor
  FrameBytes answer_;
  bool stopped_ = false;
};

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
  root->thread_ = std::make_unique<QuietThread>("weft-root", [self] { self->serve(); });
  return root;
}

Root::~Root() {
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
  Session(*gate_, epoll_.get(), stop_.get(), strangers_).run();
  gate_->close_listeners();
  finished_.store(true, std::memory_order_release);  // Whoever sees it finds the name and the port free.
}

}  // namespace weft
