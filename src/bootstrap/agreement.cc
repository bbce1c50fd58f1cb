#include "bootstrap/agreement.h"

#include <algorithm>
#include <utility>

namespace weft {

Agreement::Agreement(int ranks, int self, Start start)
    : ranks_(ranks),
      self_(self),
      start_(start),
      gone_(static_cast<size_t>(ranks), false),
      answered_(static_cast<size_t>(ranks), false) {}

void Agreement::suspect(std::span<const int> ranks) {
  note_failed(ranks);
  go_on();
}

void Agreement::depart(int rank) {
  if (start_ == Start::on_call) leave_out(rank);
  gone_[static_cast<size_t>(rank)] = true;
  go_on();
}

void Agreement::take_leave() {
  if (!decisions_.empty() && !expelled_) say_to_all(AgreementMessage::Kind::commit);
}

void Agreement::take_part() {
  ++joined_;
  if (const auto held = std::exchange(held_, std::nullopt); held && !gone(held->from)) answer(held->from, held->ballot);
  go_on();
}

void Agreement::receive(int from, const AgreementMessage& message) {
  if (from < 0 || from >= ranks_ || from == self_) return;
  expelled_ = expelled_ || std::binary_search(message.failed.begin(), message.failed.end(), self_);
  if (expelled_ || gone(from)) return;
  const bool news = adopt(message);
  note_failed(message.failed);
  if (news && coordinator() == self_) say_to_all(AgreementMessage::Kind::commit);
  if (message.kind == AgreementMessage::Kind::propose) hear_proposal(from, message);
  // It asks for a decision that has been taken: its coordinator died before it could say so.
  if (message.kind == AgreementMessage::Kind::inform && message.decided < decided())
    say(from, AgreementMessage::Kind::commit, ballot_);
  if (message.kind == AgreementMessage::Kind::answer && !news) hear_answer(from, message);
  go_on();
}

void Agreement::meet(int rank) {
  if (expelled_) return;
  if (proposing_ && !gone(rank)) {
    say(rank, AgreementMessage::Kind::propose, ballot_);
  } else if (!failed_.empty() || decided() != 0) {
    say(rank, AgreementMessage::Kind::inform, 0);
  }
}

std::vector<Agreement::Outgoing> Agreement::take_outgoing() {
  return std::exchange(outgoing_, {});
}

RankSet Agreement::awaited() const {
  if (coordinator() != self_) return {coordinator()};
  RankSet awaited;
  for (int rank = 0; rank < ranks_; ++rank) {
    if (rank != self_ && !gone(rank) && !answered_[static_cast<size_t>(rank)]) awaited.push_back(rank);
  }
  return awaited;
}

int Agreement::coordinator() const {
  return static_cast<int>(std::find(gone_.begin(), gone_.end(), false) - gone_.begin());
}

bool Agreement::takes_part() const {
  if (start_ == Start::on_call) return called();
  const size_t known = decisions_.empty() ? 0 : decisions_.back().size();  // Decisions only grow.
  return failed_.size() > known;
}

// Takes over decisions that another rank has taken. True if there were some: what was open is settled.
bool Agreement::adopt(const AgreementMessage& message) {
  const size_t before = decided(), first = message.decided - message.decisions.size();
  for (size_t i = 0; i < message.decisions.size(); ++i) {
    if (first + i == decided()) take(message.decisions[i]);
  }
  if (decided() == before) return false;
  note_failed(decisions_.back());  // Decisions only grow.
  proposing_ = false;
  informed_ = -1;
  return true;
}

void Agreement::note_failed(std::span<const int> ranks) {
  for (const int rank : ranks) {
    if (rank < 0 || rank >= ranks_ || !leave_out(rank)) continue;
    say(rank, AgreementMessage::Kind::inform, 0);  // In case it lives: it should know that it is out.
  }
}

// True if it was not left out already.
bool Agreement::leave_out(int rank) {
  const auto place = std::lower_bound(failed_.begin(), failed_.end(), rank);
  if (place != failed_.end() && *place == rank) return false;
  failed_.insert(place, rank);
  gone_[static_cast<size_t>(rank)] = true;
  proposing_ = false;  // It lacks this one.
  informed_ = -1;
  return true;
}

// Whatever the proposal says, the answer is all that this rank knows: the proposer compares.
void Agreement::hear_proposal(int from, const AgreementMessage& message) {
  const bool behind = message.decided < decided();
  if (start_ == Start::on_call && !behind && !takes_part()) {
    held_ = Held{from, message.ballot};
    return;
  }
  answer(from, message.ballot);
}

void Agreement::hear_answer(int from, const AgreementMessage& message) {
  if (!proposing_ || message.ballot != ballot_) return;
  answered_[static_cast<size_t>(from)] = true;  // Had it known more, note_failed would have closed the proposal.
}

void Agreement::answer(int to, uint32_t ballot) {
  say(to, AgreementMessage::Kind::answer, ballot);
}

// After every input: coordinates if that is this rank's part, and otherwise makes sure that the coordinator knows.
void Agreement::go_on() {
  if (expelled_ || !takes_part()) return;
  if (coordinator() == self_) {
    if (!proposing_) propose();
    decide_if_all_answered();
  } else if (!failed_.empty() && informed_ != coordinator()) {
    informed_ = coordinator();
    say(informed_, AgreementMessage::Kind::inform, 0);
  }
}

void Agreement::propose() {
  ++ballot_;
  proposing_ = true;
  answered_.assign(static_cast<size_t>(ranks_), false);
  say_to_all(AgreementMessage::Kind::propose);
}

void Agreement::decide_if_all_answered() {
  if (!awaited().empty()) return;
  take(failed_);
  proposing_ = false;
  say_to_all(AgreementMessage::Kind::commit);
}

void Agreement::take(RankSet decision) {
  decisions_.push_back(std::move(decision));
  if (decisions_.size() <= kDecisionsKept) return;
  decisions_.erase(decisions_.begin());
  ++dropped_;
}

void Agreement::say_to_all(AgreementMessage::Kind kind) {
  for (int rank = 0; rank < ranks_; ++rank) {
    if (rank != self_ && !gone(rank)) say(rank, kind, ballot_);
  }
}

void Agreement::say(int to, AgreementMessage::Kind kind, uint32_t ballot) {
  const auto said = static_cast<ptrdiff_t>(std::min(decisions_.size(), kDecisionsSaid));
  outgoing_.push_back(
      {to, {kind, ballot, failed_, static_cast<uint32_t>(decided()), {decisions_.end() - said, decisions_.end()}}});
}

}  // namespace weft
