// How the survivors of a communicator agree on who is gone: every rank that decides, decides the same sets in the same
// order, whoever dies meanwhile. Pure: no sockets, threads or clocks; the same code runs in the control thread and in
// the simulator of tests/simulation.
//
// The lowest rank that is not gone coordinates. It proposes a set; every other answers with all it knows; when all
// answers equal the proposal, the coordinator decides and says so. A rank that is gone is fenced: from then on nothing
// that it said is heard, so a decision of a coordinator that died is either known to a survivor, whose answer carries
// it, or to nobody. (The two rounds of D. Skeen's and of the ERA agreement of Herault et al., SC 2015, for a star.)
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weft {

using RankSet = std::vector<int>;  // ascending, each once

struct AgreementMessage {
  enum class Kind : uint8_t { inform, propose, answer, commit };
  Kind kind = Kind::inform;
  uint32_t ballot = 0;             // of the proposal; an answer names the one that it answers
  RankSet failed;                  // that the sender knows of
  uint32_t decided = 0;            // how many decisions the sender has taken
  std::vector<RankSet> decisions;  // the latest of them: nobody is behind by more than one
};

class Agreement {
 public:
  // When a rank takes part: as soon as it knows of a failure that no decision holds; or, for each decision anew, when
  // it says so. A live rank that does not say so holds all others up.
  enum class Start : uint8_t { on_failure, on_call };
  Agreement(int ranks, int self, Start start);

  void suspect(std::span<const int> ranks);  // they are dead, or will be treated so
  // It has left in good order: it has no say. It has not failed, but a decision of Start::on_call, which is about who
  // goes on, names it with those who have.
  void depart(int rank);
  void take_leave();  // this rank is about to: what it has decided must not be lost with it
  void take_part();   // Start::on_call: in one more decision
  bool called() const { return joined_ > decided(); }  // and that one is still to come
  void receive(int from, const AgreementMessage& message);
  void meet(int rank);  // there was no way to it before: what it should have heard is said again

  struct Outgoing {
    int to;
    AgreementMessage message;
  };
  std::vector<Outgoing> take_outgoing();  // what the inputs since the last time made it say

  size_t decided() const { return dropped_ + decisions_.size(); }               // how many decisions were taken
  const RankSet& decision(size_t i) const { return decisions_[i - dropped_]; }  // one of the latest kDecisionsKept
  const std::vector<RankSet>& decisions() const { return decisions_; }          // these
  static constexpr size_t kDecisionsKept = 64, kDecisionsSaid = 2;
  const RankSet& failed() const { return failed_; }
  bool expelled() const { return expelled_; }  // the others treat this rank as dead: it decides nothing any more
  // Whom this rank waits for now: the coordinator, or, if it is that itself, those who have not answered.
  RankSet awaited() const;
  int coordinator() const;  // the lowest rank that is not gone

 private:
  bool gone(int rank) const { return gone_[static_cast<size_t>(rank)]; }
  bool takes_part() const;
  bool adopt(const AgreementMessage& message);
  void take(RankSet decision);
  bool leave_out(int rank);
  void note_failed(std::span<const int> ranks);
  void hear_proposal(int from, const AgreementMessage& message);
  void hear_answer(int from, const AgreementMessage& message);
  void answer(int to, uint32_t ballot);
  void go_on();
  void propose();
  void decide_if_all_answered();
  void say_to_all(AgreementMessage::Kind kind);
  void say(int to, AgreementMessage::Kind kind, uint32_t ballot);

  const int ranks_, self_;
  const Start start_;
  std::vector<bool> gone_;  // failed or departed
  RankSet failed_;
  std::vector<RankSet> decisions_;
  size_t dropped_ = 0;  // decisions that are not kept any more
  size_t joined_ = 0;   // Start::on_call: decisions that this rank takes part in
  bool expelled_ = false;

  uint32_t ballot_ = 0;         // of this rank's latest proposal
  bool proposing_ = false;      // and it is still open
  std::vector<bool> answered_;  // it
  int informed_ = -1;           // the coordinator that has been told of failed_; -1: none
  struct Held {
    int from;
    uint32_t ballot;
  };
  std::optional<Held> held_;  // a proposal that came before this rank took part
  std::vector<Outgoing> outgoing_;
};

}  // namespace weft
