// One process's side of the control protocol: what it says to which other process, and what its ranks learn, when a
// rank wishes something, a frame comes, a link comes or ends, or time passes. Pure: no sockets, threads or clocks. The
// same object files run in the control thread, which holds its mutex meanwhile, and in the simulator of
// tests/simulation.
//
// Whoever feeds it carries out the dispatches after every input, and lets time pass when `wake_at` has come.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/courier.h"
#include "base/deadline.h"
#include "bootstrap/calls_news.h"
#include "bootstrap/frame.h"
#include "bootstrap/mailbox.h"
#include "bootstrap/seats.h"

namespace weft {

class Switchboard {
 public:
  using Time = Clock::time_point;

  // Parcels that arrive go to the mailbox, which outlives the switchboard.
  Switchboard(const ProcessId& self, Mailbox& mailbox) : self_(self), mailbox_(mailbox) {}

  // What is to be done, in this order. Without a frame: the link is to be cut.
  struct Dispatch {
    ProcessId to;
    FrameBytes frame;
  };
  std::vector<Dispatch> take_dispatches(Time now);
  // When there is something to do although nothing comes; Time::max(): never.
  Time wake_at() const;
  void pass_time(Time now);

  // switchboard.cc: links
  enum class LinkEnd : uint8_t { process_ended, closed, broken };
  void link(const ProcessId& peer);                                            // it has come; an old one has ended
  void unlink(const ProcessId& peer, LinkEnd end, const std::string& reason);  // `reason`: why a broken one is
  void lose(const ProcessId& peer, Code code, const std::string& what);        // treats it as dead
  void cut_loose(const Status& why);  // all links have been ended, and all ranks here fail
  // A frame has come over the peer's link. False: it made no sense, and the link is to be cut.
  bool hear(const ProcessId& peer, Frame frame, Time now);
  // A number that no other link has or had; 0: there is none.
  uint64_t link_number(const ProcessId& peer) const;
  uint64_t link_changes() const { return link_changes_; }  // links that came or went
  // Who may connect with this process: the secret of the communicator that the caller names.
  std::optional<Secret> secret_of(uint64_t communicator, const ProcessId& process) const {
    return seats_.secret_of(communicator, process);
  }
  // At most one rank of this process connects with a peer at a time. False: some other is at it.
  bool begin_to_connect(const ProcessId& peer) { return connecting_.insert(peer).second; }
  void end_to_connect(const ProcessId& peer) { connecting_.erase(peer); }

  // switchboard_seats.cc: what ranks wish. A seat is its caller's and stays where it is until it has left.
  Status enter(Seat& seat);
  // The same for a seat whose ranks have all agreed to be in it; those that are gone by now are dead.
  Status enter_together(Seat& seat, Time now);
  // The others hear that all that the rank ever says has been said.
  void leave(Seat& seat, Time now);
  void exit(Seat& seat);  // without a word
  void tell_enrolled(const Seat& seat, const ProcessId& peer);
  // Tells every other rank of the seat's communicator, in this process and in others.
  void announce(const Seat& seat, const Notice& notice, Time now);
  // Takes part in an agreement, unless `taken` were taken already and more decided.
  void call(Seat& seat, Subject subject, size_t taken);
  // What the survivors have decided after `taken` decisions; nothing while they have not.
  static std::optional<Expected<RankSet>> decided(const Seat& seat, Subject subject, size_t taken);
  static RankSet failed_ranks(const Seat& seat);

  // switchboard_silence.cc: some rank waits for them now.
  void wait_for(const Seat& seat, std::span<const int> ranks, Time now);

  // switchboard_calls.cc: some rank waits for long. `around`: the call that others are asked for; 0: the one it waits
  // in.
  void tell_calls(Seat& seat, uint32_t around, CallsNews::Kind kind, Time now);
  uint64_t comparisons() const { return comparisons_; }  // how often a rank here asked all others what they called

 private:
  // The link to one peer.
  struct Line {
    uint64_t number = 0;
    bool heard = false;  // the peer has sent a frame: until then its end may only be a connection given up on the way
    // While somebody waits for a rank of the peer.
    Time since{};  // or when the peer was last heard of
    Time until{};
    bool suspected = false;
    std::string rank;  // the one that is waited for, for messages
  };

  void say(const ProcessId& to, FrameBytes frame);
  void forget(const ProcessId& peer);
  bool cut_off(const ProcessId& peer, Code code, const std::string& what);  // false
  bool misunderstand(const ProcessId& peer, FrameKind kind, size_t bytes);  // false
  bool take_parcel(const ProcessId& peer, Frame frame);

  // switchboard_agreements.cc: how agreements travel, and how long they may take
  void post_agreements(Time now);
  void watch_agreements(Time now);

  void look_for_silence(Time now);
  void lose_silent(const ProcessId& peer, Time now);

  void post(const ProcessId& to, const CallsNews& news, Time now);
  void take_calls(const ProcessId& from, const CallsNews& news, Time now);
  void answer_calls(Seat& seat, const CallsNews& question, Time now);
  void look_elsewhere(const Seat& seat, RankPlace& place) const;
  void hear_calls(Seat& seat, const CallsNews& news, Time now);
  void ask_calls(Seat& seat, const CallsNews& asker, Time now);
  void conclude(Seat& seat, Time now);
  uint32_t heard_ms(const Seat& seat, int rank, Time now) const;
  void report(Seat& seat, const Disagreement& found, Time now);
  void attend(Seat& seat, Time now);
  void look_after_calls(Time now);
  void pay_owed(Seat& seat, Time now);

  const ProcessId self_;
  Mailbox& mailbox_;
  Seats seats_;
  std::map<ProcessId, Line> lines_;
  uint64_t link_changes_ = 0;  // and the number of the latest line
  std::set<ProcessId> connecting_;
  std::vector<Dispatch> dispatches_;
  std::optional<Time> undecided_since_;
  bool watching_ = false;  // some line is watched
  Time next_ping_{};
  std::vector<Seat*> attended_;  // that owe an answer about calls, or wait for some
  Time next_look_{};             // at those
  uint64_t comparisons_ = 0;
};

}  // namespace weft
