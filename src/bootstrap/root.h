// Where the ranks of one communicator meet. A root listens on an abstract unix socket and on a TCP port, waits until
// every rank has come, sends all of them the roster, and ends. If that cannot be, it tells every rank that has come
// why: which ranks are missing, or who differs in what. One per communicator; made by the process that draws the unique
// id.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "base/status.h"
#include "bootstrap/private_fd.h"
#include "bootstrap/quiet_thread.h"
#include "bootstrap/unique_id.h"

namespace weft {

class Gate;
struct Abandoned;

struct RootOptions {
  std::string interface;               // whose address others are told; empty: that of the default route
  std::optional<UniqueId> well_known;  // without: a fresh id and a port that the kernel chooses
};

class Root {
 public:
  // Listens from here on. Any thread.
  static Expected<std::unique_ptr<Root>> start(const RootOptions& options);
  // Ends at once; ranks still waiting learn that the root is gone.
  ~Root();

  const UniqueId& id() const { return id_; }
  bool finished() const { return finished_.load(std::memory_order_acquire); }
  // There will be no communicator, and not every rank has been told why: those that have come, and until the time of
  // the least patient is over, those that have not. Whoever ends the root now leaves them without the cause.
  bool refusing() const { return refusing_.load(std::memory_order_acquire); }
  // A rank of this process has failed before it joined: the others are told so at once. Any thread.
  void abandon(Abandoned rank);
  // Until it no longer is, or the deadline. Any thread.
  void wait_while_refusing(Deadline deadline);
  uint64_t strangers() const { return strangers_.load(std::memory_order_relaxed); }

  // Without a single rank having come, a root gives up after a day.
  static constexpr int64_t kFirstRankMs = 24 * 3600 * 1000;

 private:
  Root();
  Status listen(const RootOptions& options);
  Status listen_tcp_on(const TcpAddress& address);
  void serve();
  std::optional<Abandoned> take_abandoned();
  void set_refusing(bool refusing);

  UniqueId id_;
  std::unique_ptr<Gate> gate_;
  PrivateFd epoll_;
  PrivateFd stop_;  // an eventfd: written by the destructor, and after `abandoned_`
  std::atomic<bool> finished_{false};
  std::atomic<bool> refusing_{false};
  std::atomic<bool> ending_{false};  // set before the destructor rings
  std::mutex mutex_;
  std::condition_variable told_all_;  // refusing_ has become false
  std::unique_ptr<Abandoned> abandoned_;
  std::atomic<uint64_t> strangers_{0};
  std::unique_ptr<QuietThread> thread_;
};

}  // namespace weft
