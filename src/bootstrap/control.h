// How this process stays in touch with the others: one control thread, one authenticated socket per peer process, from
// its first communicator to its last. The thread carries parcels, notices that a peer has died and tells every
// communicator that it concerns. It never moves payload, and no code of the user runs on it.
//
// One mutex guards everything here; it is held for no system call that can block. In a forked child the object is
// inert: calls answer `forked`, its descriptors are closed, the parent is undisturbed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/courier.h"
#include "base/deadline.h"
#include "base/doorbell.h"
#include "bootstrap/control_tokens.h"
#include "bootstrap/gathering.h"
#include "bootstrap/link.h"
#include "bootstrap/mailbox.h"
#include "bootstrap/member.h"
#include "bootstrap/private_fd.h"
#include "bootstrap/quiet_thread.h"
#include "bootstrap/switchboard.h"

namespace weft {

class Gate;

class Control final : public Courier {
 public:
  // This process's, made by whoever comes first and ended by whoever drops it last (at most kFarewellMs). `interface`:
  // whose address peers on other hosts are told; empty: that of the default route; only the first caller's counts.
  // Shared, because every communicator and transport of the process needs it and none of them outlives the others by
  // rule.
  static Expected<std::shared_ptr<Control>> of_process(const std::string& interface);
  ~Control() override;

  ProcessId self() const override { return self_; }
  Status send(const ProcessId& to, Topic topic, std::span<const std::byte> body, int fd) override;
  std::optional<Parcel> take(Topic topic) override;
  // Rung when a parcel arrives; nullptr (the default): nobody sleeps. Must outlive its being set.
  void set_doorbell(Doorbell* doorbell);

  // What this process's ranks tell the root about where they are; rank and payload are the caller's to fill in.
  Member describe_self() const;
  size_t links() const;
  uint64_t strangers() const;    // callers that were turned away
  uint64_t comparisons() const;  // how often a rank of this process asked all others what they called
  bool forked() const;

  // While an exception is being caught, on any thread, for who cannot tell the others what they must know: ends all
  // links, which tells them, and fails what sits here. Throws nothing.
  void cut_loose();

  static constexpr int64_t kFarewellMs = 100;
  static constexpr size_t kQueuedParcelBytesMax = 4 << 20;  // to one peer that does not read

 private:
  friend class Membership;  // takes a seat, brings its rank together with the others, announces what it decides
  Control() = default;

  // control.cc: beginning, end, parcels
  Status start(const std::string& interface);
  Status open_gate(const std::string& interface);

  // control_seats.cc: for Membership, on its caller's thread. The seat is the caller's and stays where it is in
  // between.
  Status enter(Seat& seat);
  Status enter_together(Seat& seat);
  void leave(Seat& seat);
  void exit(Seat& seat);  // without a word
  // Makes sure that there is a link to every other process of the seat's roster and waits until all ranks have
  // enrolled.
  Status bring_together(Seat& seat, Deadline deadline);
  // Takes part in an agreement, unless `taken` were taken already and more decided; waits for what the survivors
  // decide.
  Expected<RankSet> agree(Seat& seat, Subject subject, size_t taken, Deadline deadline);
  RankSet failed_ranks(const Seat& seat) const;
  void wait_for(const Seat& seat, std::span<const int> ranks);
  void tell_calls(Seat& seat, uint32_t around, CallsNews::Kind kind);
  // The same, and waits for the answer; the latest one if none comes in time.
  std::optional<Diagnosis> diagnose(Seat& seat, Deadline deadline);
  void announce(const Seat& seat, const Notice& notice);
  Status run_errand(Gathering& gathering, Gathering::Approach& approach, const Seat& seat, Deadline deadline);
  Status connect(const Seat& seat, const Member& peer, Deadline deadline);

  // control_thread.cc: on the control thread
  void serve();
  void serve_or_cut_loose(int64_t at_most_ms);
  void serve_once(int64_t at_most_ms);
  void serve_event(uint64_t event_token, uint32_t events);
  void admit_guests();
  void say_farewell();

  // control_links.cc: with the mutex held, on any thread
  void carry_out();  // what the switchboard wants to be done, after every input
  Link* find_link(const ProcessId& peer);
  void adopt(const ProcessId& peer, PrivateFd fd, bool local, pid_t pid);
  void read_link(Link& link, bool process_ended);  // may end the link
  bool take_frame(Link& link, Frame frame);        // false: the link has ended
  void flush_link(Link& link);
  void forget_link(Link& link);
  bool watch(int operation, int fd, uint64_t event_token, uint32_t events);  // false, and a line, if it cannot be

  ProcessId self_;
  uint32_t generation_ = 0;
  std::string unix_name_;
  TcpAddress tcp_;
  PrivateFd epoll_, stop_, wake_;
  std::unique_ptr<Gate> gate_;
  Mailbox mailbox_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // the switchboard has had an input
  std::unique_ptr<Switchboard> switchboard_;
  std::map<ProcessId, std::unique_ptr<Link>> links_;
  std::map<uint64_t, ProcessId> tokens_;  // of links
  uint64_t next_token_ = kFirstLinkToken;
  bool stopping_ = false;  // the control thread's own
  // While the control thread sleeps: until when, unless something comes. Clock::time_point::min() while it does not.
  Clock::time_point asleep_until_ = Clock::time_point::min();
  Doorbell* doorbell_ = nullptr;

  std::unique_ptr<QuietThread> thread_;  // last: it uses all of the above
};

}  // namespace weft
