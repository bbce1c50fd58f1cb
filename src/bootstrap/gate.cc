#include "bootstrap/gate.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"

namespace weft {
namespace {

constexpr int kRoundsMax = 8;             // of filling and emptying the room in one call
constexpr int64_t kNoFdQuietMs = 10'000;  // between two warnings of that
constexpr int64_t kNoFdPauseMs = 100;     // before another accept when the process has no descriptor left

using std::chrono::milliseconds;

// A fresh socket takes a few bytes at once; if it does not, the caller is not worth waiting for.
bool send_now(int fd, std::span<const std::byte> bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(bytes.size());
}

std::string name_of(const TcpAddress& from, pid_t pid) {
  if (from.valid()) return from.text();
  return pid > 0 ? fmt::format("process {} of this host", pid) : "a process of this host in another container";
}

}  // namespace

Expected<std::unique_ptr<Gate>> Gate::make(SecretOf secret_of) {
  std::unique_ptr<Gate> gate(new Gate(std::move(secret_of)));
  gate->epoll_ = PrivateFd(epoll_create1(EPOLL_CLOEXEC));
  if (!gate->epoll_.valid()) return error(Code::system_error, "epoll_create1: {}", errno_text(errno));
  return gate;
}

Status Gate::listen_at(PrivateFd listener, bool local) {
  epoll_event event{EPOLLIN, {}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener.get(), &event) != 0) {
    return error(Code::system_error, "epoll_ctl: {}", errno_text(errno));
  }
  listeners_.push_back({std::move(listener), local});
  return {};
}

int Gate::timeout_ms() const {
  Clock::time_point next = Clock::time_point::max();
  if (!callers_.empty()) next = callers_.front().since + milliseconds(kCallerMs);
  if (!watching_) next = std::min(next, retry_at_ > Clock::now() ? retry_at_ : Clock::now() + milliseconds(kSilentMs));
  const int told_ms = strangers_.timeout_ms();
  if (next == Clock::time_point::max()) return told_ms;
  const auto left_ms =
      static_cast<int>(std::max<int64_t>(0, std::chrono::ceil<milliseconds>(next - Clock::now()).count()));
  return told_ms < 0 ? left_ms : std::min(left_ms, told_ms);
}

std::vector<Guest> Gate::serve() {
  std::vector<Guest> guests;
  for (int round = 0; round < kRoundsMax; ++round) {
    const bool full = accept_callers();
    hear_all(guests);
    if (!full) break;
    // Whoever spoke wrongly is gone by now: noise alone never fills the room.
    if (callers_.size() == kCallersMax && !make_room()) {
      watch_listeners(false);
      break;
    }
  }
  if (!watching_ && callers_.size() < kCallersMax && Clock::now() >= retry_at_) watch_listeners(true);
  strangers_.tell();
  return guests;
}

void Gate::hear_all(std::vector<Guest>& guests) {
  const auto now = Clock::now();
  for (auto caller = callers_.begin(); caller != callers_.end();) {
    const auto current = caller++;
    const Answer answer = hear(*current);
    if (answer == Answer::guest) {
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, current->fd.get(), nullptr);
      guests.push_back({std::move(current->fd), current->hello, current->local, current->pid});
      callers_.erase(current);
    } else if (answer == Answer::stranger || now - current->since > milliseconds(kCallerMs)) {
      dismiss(current);
    }
  }
}

void Gate::close_listeners() {
  listeners_.clear();
}

void Gate::close() {
  close_listeners();
  callers_.clear();
}

// Reads one step of the handshake, as far as it has come.
Gate::Answer Gate::hear(Caller& caller) {
  for (;;) {
    const auto target =
        caller.greeted ? std::as_writable_bytes(std::span(caller.proof)) : std::span<std::byte>(caller.theirs);
    const auto missing = target.subspan(caller.have);
    const ssize_t got = ::recv(caller.fd.get(), missing.data(), missing.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return Answer::more;
    if (got <= 0) return Answer::stranger;
    caller.spoke = true;
    caller.have += static_cast<size_t>(got);
    if (caller.have < target.size()) continue;
    caller.have = 0;
    const Answer answer = caller.greeted ? judge(caller) : greet(caller);
    if (answer != Answer::more) return answer;
  }
}

Gate::Answer Gate::greet(Caller& caller) {
  const auto hello = decode_hello(caller.theirs);
  if (!hello || hello->role != Role::connecting) return Answer::stranger;
  const auto secret = secret_of_(*hello);
  caller.early = !secret;
  if (!secret) return Answer::stranger;
  caller.hello = *hello;
  caller.secret = *secret;
  Hello ours = own_;
  ours.role = Role::accepting;
  ours.purpose = hello->purpose;
  ours.communicator = hello->communicator;
  fill_random(ours.nonce);
  caller.ours = encode(ours);
  caller.greeted = true;
  return send_now(caller.fd.get(), caller.ours) ? Answer::more : Answer::stranger;
}

Gate::Answer Gate::judge(Caller& caller) {
  const bool right =
      equal_in_constant_time(caller.proof, proof_of(caller.secret, Role::connecting, caller.theirs, caller.ours));
  const Digest answer = right ? proof_of(caller.secret, Role::accepting, caller.theirs, caller.ours) : Digest{};
  const bool sent = send_now(caller.fd.get(), std::as_bytes(std::span(answer)));
  return right && sent ? Answer::guest : Answer::stranger;
}

// True if it stopped because the room is full.
bool Gate::accept_callers() {
  if (Clock::now() < retry_at_) return false;
  for (const Listener& listener : listeners_) {
    do {
      if (callers_.size() == kCallersMax) return true;
    } while (accept_one(listener));
  }
  return false;
}

// False if nobody waits, or the process has no descriptor left.
bool Gate::accept_one(const Listener& listener) {
  SocketAddress from;
  PrivateFd fd(::accept4(listener.fd.get(), from.get(), &from.length, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) {
    if (errno == EINTR || errno == ECONNABORTED) return true;
    if (errno == EAGAIN) return false;
    pause_accepting(errno);
    return false;
  }
  const UnixPeer peer = listener.local ? unix_peer(fd.get()) : UnixPeer{0, true};
  Caller caller;
  caller.fd = std::move(fd);
  caller.local = listener.local;
  caller.pid = peer.pid;
  caller.from = tcp_address(from.get());
  caller.since = Clock::now();
  epoll_event event{EPOLLIN, {}};
  if (!peer.same_user || epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, caller.fd.get(), &event) != 0) {
    strangers_.count(name_of(caller.from, caller.pid));
    return true;
  }
  if (!listener.local) send_without_delay(caller.fd.get());
  callers_.push_back(std::move(caller));
  return true;
}

void Gate::pause_accepting(int why) {
  const auto now = Clock::now();
  if (now - retry_at_ > milliseconds(kNoFdQuietMs)) {
    log_warn("bootstrap", "cannot accept a connection: {}; for more descriptors raise `ulimit -n`", errno_text(why));
  }
  retry_at_ = now + milliseconds(kNoFdPauseMs);
  watch_listeners(false);
}

bool Gate::make_room() {
  const auto limit = Clock::now() - milliseconds(kSilentMs);
  const auto silent = std::find_if(callers_.begin(), callers_.end(),
                                   [&](const Caller& caller) { return !caller.greeted && caller.since < limit; });
  if (silent == callers_.end()) return false;
  dismiss(silent);
  return true;
}

void Gate::dismiss(Callers::iterator caller) {
  count(*caller);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, caller->fd.get(), nullptr);
  callers_.erase(caller);
}

// Ranks look whether somebody listens here, and leave without a word; and they come before they are expected.
void Gate::count(const Caller& caller) {
  const bool hung_up = !caller.spoke && Clock::now() - caller.since < milliseconds(kSilentMs);
  if (caller.early || hung_up) return strangers_.count_quietly();
  strangers_.count(name_of(caller.from, caller.pid));
}

void Gate::watch_listeners(bool watch) {
  watching_ = watch;
  for (const Listener& listener : listeners_) {
    epoll_event event{watch ? static_cast<uint32_t>(EPOLLIN) : 0, {}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener.fd.get(), &event);
  }
}

}  // namespace weft
