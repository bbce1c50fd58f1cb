// Which local ranks sit in which communicators, and what that means when news arrives about other ranks. No sockets, no
// threads: the control thread feeds it, with its mutex held.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/alive.h"
#include "base/deadline.h"
#include "bootstrap/agreement.h"
#include "bootstrap/agreement_news.h"
#include "bootstrap/call_watch.h"
#include "bootstrap/frame.h"
#include "bootstrap/member.h"
#include "bootstrap/secret.h"

namespace weft {

// News from one rank to all others of its communicator.
struct Notice {
  FrameKind kind = FrameKind::enroll;  // enroll, leave or failure
  CommunicatorKey key;
  int rank = 0;
  bool joining = false;  // the rank had not yet heard from all others, so some of them may not have a seat yet
  bool relayed = false;  // a failure that the rank has itself been told of: the text already names who decided
  Code code = Code::success;
  Cause cause = Cause::none;
  std::string text;  // of a failure
};
// How causes of death begin that are none: a process that lives and says nothing, and one that says what makes no
// sense.
inline constexpr std::string_view kSilent = "is silent", kCorrupt = "sent what makes no sense";
inline constexpr size_t kNoticeTextBytesMax = 2048;
std::vector<std::byte> encode(const Notice& notice);
std::optional<Notice> decode_notice(FrameKind kind, std::span<const std::byte> body);

// A local rank's. Owned by its Membership.
struct Seat {
  enum class Peer : uint8_t { absent, enrolled, departed };

  Seat(CommunicatorKey the_key, int the_rank, const Secret& the_secret, Roster the_roster, Alive* the_alive);
  const Member& member(int of_rank) const { return roster[static_cast<size_t>(of_rank)]; }
  std::vector<int> absent_ranks() const;

  CommunicatorKey key;
  int rank;
  Secret secret;
  Roster roster;
  Alive* alive;
  std::vector<Peer> peers;  // by rank
  int absent;               // how many peers are

  bool has_left(const ProcessId& process) const;  // all ranks of that process have departed
  Agreement& agreement(Subject subject) { return agreements[static_cast<size_t>(subject)]; }
  const Agreement& agreement(Subject subject) const { return agreements[static_cast<size_t>(subject)]; }
  Agreement& failures() { return agreement(Subject::failures); }
  const Agreement& failures() const { return agreement(Subject::failures); }
  bool expelled() const;  // the others treat this rank as dead

  std::array<Agreement, kSubjects.size()> agreements;
  std::map<int, std::string> causes;  // of ranks that this process saw die: "died: …"
  CallWatch watch;
  size_t decisions_told = 0;  // of `failures`, to alive
  bool owes_posts = false;    // Seats': it is among those whose agreements may have something to say
  bool young = false;         // not all others may have their seats yet, whatever this rank has heard
};

class Seats {
 public:
  // Takes part from now on, and hears what came early. An error if that rank has a seat already.
  Status add(Seat& seat);
  void remove(Seat& seat);
  // News from a rank of process `from`.
  void tell(const ProcessId& from, const Notice& notice);
  void tell(const ProcessId& from, const AgreementNews& news);
  // A process is gone: every seat in whose communicator it has a rank that did not depart agrees with the others on who
  // is, and fails when they do. `what`: "died: …".
  void lose(const ProcessId& process, Code code, const std::string& what);
  // The same for one seat and a process that was gone when the seat came.
  void lose_in(Seat& seat, const ProcessId& process, Code code, const std::string& what);
  // There is a link to a process: what its ranks missed is said again.
  void meet(const ProcessId& process);
  // This rank takes part in one more agreement on the subject, unless it already does.
  void call(Seat& seat, Subject subject);
  // This rank is about to leave: the others keep what it has decided.
  void take_leave(Seat& seat);

  // seats_agreement.cc: what the agreements want to say since the last time.
  struct Post {
    ProcessId to;
    AgreementNews news;
  };
  std::vector<Post> take_posts();
  bool failures_known() const { return failures_known_; }
  bool undecided() const;  // some failure is known on which the survivors have not agreed
  void fail_all(const Status& why);
  void fail_undecided();  // and will not be waited for any longer
  // Of a communicator that has a seat here, for a process that has a rank in it.
  std::optional<Secret> secret_of(uint64_t communicator, const ProcessId& process) const;
  Seat* find(const CommunicatorKey& key, int rank) const;  // null if that rank has no seat here
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [key, seat] : seats_) visit(std::as_const(*seat));
  }

  static constexpr size_t kEarlyMax = 65536;  // notices kept for seats to come; the oldest give way
  static constexpr size_t kEarlyAgreementsMax = 1024;

 private:
  struct Early {
    ProcessId from;
    Notice notice;
  };
  struct EarlyAgreement {
    ProcessId from;
    AgreementNews news;
  };
  void apply(Seat& seat, const ProcessId& from, const AgreementNews& news);
  void owe_posts(Seat& seat);
  static void settle(Seat& seat);
  bool all_seated(const Seat& seat) const;  // every rank that the communicator has in this process
  void apply(Seat& seat, const ProcessId& from, const Notice& notice);

  std::multimap<CommunicatorKey, Seat*> seats_;
  std::deque<Early> early_;
  std::deque<EarlyAgreement> early_agreements_;
  bool failures_known_ = false;   // of some seat, ever
  std::vector<Seat*> posts_due_;  // whose agreements may have something to say
};

}  // namespace weft
