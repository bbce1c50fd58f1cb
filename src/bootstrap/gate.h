// The accepting side of the handshake in hello.h: the listening sockets of a thread and the callers that have not
// proved anything yet. Never blocks; a caller gets kCallersMax-th of the room, a few fixed bytes and kCallerMs, and who
// speaks anything but the handshake is closed without a word and counted. Owned and called by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "bootstrap/hello.h"
#include "bootstrap/private_fd.h"
#include "bootstrap/socket.h"
#include "bootstrap/strangers.h"

namespace weft {

// A connection whose other side has proved itself.
struct Guest {
  PrivateFd fd;
  Hello hello;
  bool local = false;  // a unix socket
  pid_t pid = 0;       // of the peer, on a unix socket; 0: unknown
};

class Gate {
 public:
  // The secret that a caller with this hello must prove; nothing: it is a stranger.
  using SecretOf = std::function<std::optional<Secret>(const Hello&)>;

  static Expected<std::unique_ptr<Gate>> make(SecretOf secret_of);
  // What the gate says of itself; communicator, purpose and nonce are the caller's and fresh each time.
  void introduce_as(const Hello& hello) { own_ = hello; }
  Status listen_at(PrivateFd listener, bool local);

  // Readable when `serve` has something to do.
  int fd() const { return epoll_.get(); }
  // Milliseconds until `serve` must be called although the descriptor is silent; -1: no need.
  int timeout_ms() const;
  std::vector<Guest> serve();
  void close_listeners();
  void close();                                              // the callers too
  uint64_t strangers() const { return strangers_.total(); }  // closed without having proved anything

  static constexpr size_t kCallersMax = 64;
  static constexpr int64_t kCallerMs = 5000;
  static constexpr int64_t kSilentMs = 100;  // after which a caller that has said nothing makes room for the next

 private:
  struct Listener {
    PrivateFd fd;
    bool local;
  };
  struct Caller {
    PrivateFd fd;
    bool local = false;
    pid_t pid = 0;
    TcpAddress from;  // none on a unix socket
    Clock::time_point since;
    bool greeted = false;  // its hello was right and ours is sent: it owes the proof
    bool early = false;    // its hello was one of weft's, but for nobody here
    bool spoke = false;    // some byte of it has come
    size_t have = 0;       // bytes of the message under way
    HelloBytes theirs, ours;
    Digest proof;
    Hello hello;
    Secret secret;
  };
  using Callers = std::list<Caller>;

  explicit Gate(SecretOf secret_of) : secret_of_(std::move(secret_of)) {}
  enum class Answer : uint8_t { more, guest, stranger };
  Answer hear(Caller& caller);
  Answer greet(Caller& caller);
  Answer judge(Caller& caller);
  void hear_all(std::vector<Guest>& guests);
  bool accept_callers();
  bool accept_one(const Listener& listener);
  void pause_accepting(int why);
  bool make_room();
  void dismiss(Callers::iterator caller);
  void count(const Caller& caller);
  void watch_listeners(bool watch);

  SecretOf secret_of_;
  Hello own_;
  PrivateFd epoll_;
  std::vector<Listener> listeners_;
  Callers callers_;               // oldest first
  bool watching_ = true;          // false while there is no room, so that waiting callers do not wake the thread
  Clock::time_point retry_at_{};  // when there was no descriptor left: when to try again
  Strangers strangers_;
};

}  // namespace weft
