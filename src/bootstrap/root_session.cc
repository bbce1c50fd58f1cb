#include "bootstrap/root_session.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "bootstrap/assembly.h"
#include "bootstrap/frame.h"
#include "bootstrap/gate.h"
#include "bootstrap/rendezvous.h"
#include "bootstrap/root.h"

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

class Session {
 public:
  explicit Session(const RootSession& root) : root_(root) {}

  void run() {
    Deadline end = Deadline::after_ms(Root::kFirstRankMs);
    while (!stopped_ && !end.passed() && !over()) {
      wait(answer_ ? end : std::min(end, assembly_.deadline()));
      if (!assembly_.decided() && assembly_.deadline().passed()) assembly_.give_up();
      if (!assembly_.decided()) continue;
      if (!answer_) begin_to_answer(end);
      answer_all();
      if (told_all()) root_.set_refusing(false);
    }
  }

 private:
  bool delivered() const {
    return std::all_of(visitors_.begin(), visitors_.end(),
                       [](const auto& one) { return one.second.answered && one.second.replies.empty(); });
  }
  bool over() const { return delivered() && (assembly_.complete() || (assembly_.decided() && assembly_.all_heard())); }
  // Everybody who may still expect an answer has it.
  bool told_all() const { return over() || (delivered() && assembly_.decided() && assembly_.deadline().passed()); }

  Deadline last_moment() const {
    if (assembly_.complete()) return Deadline::after_ms(kDeliveryMs);
    return Deadline::after_ms(assembly_.deadline().left_ms(kSleepMs * 60) + kLingerMs);
  }

  void wait(Deadline deadline) {
    int64_t sleep_ms = deadline.left_ms(kSleepMs);
    if (root_.gate.timeout_ms() >= 0) sleep_ms = std::min<int64_t>(sleep_ms, root_.gate.timeout_ms());
    std::array<epoll_event, 64> events;
    const int count =
        epoll_wait(root_.epoll_fd, events.data(), static_cast<int>(events.size()), static_cast<int>(sleep_ms));
    for (const epoll_event& event : std::span(events).first(static_cast<size_t>(std::max(count, 0)))) {
      const int fd = event.data.fd;
      if (fd == root_.stop_fd) hear_owner();
      const auto visitor = visitors_.find(fd);
      if (visitor != visitors_.end() && !attend(visitor->second)) visitors_.erase(visitor);
    }
    for (Guest& guest : root_.gate.serve()) admit(std::move(guest));
    root_.strangers.store(root_.gate.strangers(), std::memory_order_relaxed);
  }

  void hear_owner() {
    eventfd_t rings = 0;
    eventfd_read(root_.stop_fd, &rings);
    stopped_ = root_.ending.load();
    if (const auto abandoned = root_.take_abandoned()) assembly_.abandon(*abandoned);
  }

  void admit(Guest guest) {
    if (!assembly_.greet(guest.hello)) return;  // It has seen our version, and says the rest itself.
    const int fd = guest.fd.get();
    Visitor& visitor = visitors_[fd];
    visitor.fd = std::move(guest.fd);
    visitor.hello = guest.hello;
    if (!watch(EPOLL_CTL_ADD, fd, EPOLLIN)) visitors_.erase(fd);  // It tries again.
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
    if (!assembly_.complete()) return assembly_.arrive(visitor.hello, std::move(*message), Clock::now());
    const Status twice = error(Code::invalid_argument, "rank {} came twice: all ranks had joined when {} pid {} came",
                               visitor.hello.rank, message->self.host, message->self.pid);
    answer(visitor, make_frame(FrameKind::refusal, encode(twice)));
  }

  // `refusing` is set before anybody is told: a rank of this process that has heard the refusal finds it set.
  void begin_to_answer(Deadline& end) {
    root_.set_refusing(!assembly_.complete());
    end = last_moment();
    answer_ = make_answer();
  }

  void answer_all() {
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
    root_.gate.close_listeners();
    return make_frame(FrameKind::roster,
                      encode(RosterMessage{random_word(), random_secret(), assembly_.take_roster()}));
  }

  bool watch(int operation, int fd, uint32_t events) {
    epoll_event event{events, {.fd = fd}};
    return epoll_ctl(root_.epoll_fd, operation, fd, &event) == 0;
  }

  const RootSession& root_;
  Assembly assembly_;
  std::map<int, Visitor> visitors_;  // by descriptor
  FrameBytes answer_;                // once decided
  bool stopped_ = false;
};

}  // namespace

void run_root_session(const RootSession& root) {
  Session(root).run();
}

}  // namespace weft
