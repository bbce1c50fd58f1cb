#include "bootstrap/assembly.h"

#include <algorithm>

#include "base/assert.h"

namespace weft {

bool Assembly::greet(const Hello& hello) {
  if (hello.wire_version == kWireVersion) return true;
  hear(hello);
  refuse(error(Code::version, "rank {} runs {}, the root runs {}: use one version of weft in all ranks", hello.rank,
               version_text(hello), version_text(Hello())));
  return false;
}

void Assembly::arrive(const Hello& hello, JoinMessage message, Clock::time_point now) {
  message.self.rank = static_cast<int>(hello.rank);
  if (nranks_ == 0) {
    if (hello.nranks < 1 || hello.nranks > kRanksMax) {
      return refuse(error(Code::invalid_argument, "{} says that there are {} ranks; 1 to {} are possible",
                          describe(message.self), hello.nranks, kRanksMax));
    }
    nranks_ = static_cast<int>(hello.nranks);
    places_.resize(hello.nranks);
    first_ = message.self;
    plan_hash_ = hello.plan_hash;
    plan_text_ = message.plan_text;
  }
  hear(hello);
  const auto patience = std::chrono::milliseconds(std::min<uint64_t>(message.patience_ms, 1u << 30));
  deadline_ = std::min(deadline_, Deadline::at(now + patience));
  check(hello, message);
  if (!refusal_.ok()) return;
  places_[hello.rank] = std::move(message.self);
  ++present_;
}

void Assembly::lose(int rank) {
  const Member* lost = member(static_cast<uint32_t>(rank));
  if (lost == nullptr) return;
  refuse(error(Code::remote_error, "{} was gone before all {} ranks had joined: its connection to the root closed",
               describe(*lost), nranks_));
}

void Assembly::abandon(const Abandoned& rank) {
  if (decided()) return;
  if (member(static_cast<uint32_t>(rank.rank)) == nullptr) ++heard_;
  nranks_most_ = std::max(nranks_most_, rank.nranks);
  deadline_ = std::min(deadline_, rank.deadline);
  refuse(error(rank.why.code(), "rank {} failed before it joined: {}", rank.rank, rank.why.text()));
}

void Assembly::give_up() {
  std::vector<int> missing;
  for (int rank = 0; rank < nranks_; ++rank) {
    if (!places_[static_cast<size_t>(rank)]) missing.push_back(rank);
  }
  refuse(error(Code::not_joined,
               "{} of {} ranks did not join in time: {} {}. Check that they were started and reach the root; "
               "WEFT_INIT_TIMEOUT sets how many seconds the others wait",
               missing.size(), nranks_, missing.size() == 1 ? "rank" : "ranks", rank_ranges(missing)));
}

Roster Assembly::take_roster() {
  WEFT_ASSERT(complete());
  Roster roster;
  for (auto& place : places_) roster.push_back(std::move(*place));
  return roster;
}

void Assembly::hear(const Hello& hello) {
  ++heard_;
  nranks_most_ = std::max(nranks_most_, static_cast<int>(std::min<uint32_t>(hello.nranks, kRanksMax)));
}

void Assembly::check(const Hello& hello, const JoinMessage& message) {
  if (static_cast<int>(hello.nranks) != nranks_) {
    return refuse(error(Code::invalid_argument,
                        "{} says that there are {} ranks, {} says {}: all must give the same number",
                        describe(message.self), hello.nranks, describe(first_), nranks_));
  }
  if (hello.rank >= hello.nranks) {
    return refuse(error(Code::invalid_argument, "{} is not one of ranks 0 to {}", describe(message.self), nranks_ - 1));
  }
  if (const Member* other = member(hello.rank); other != nullptr) {
    return refuse(error(Code::invalid_argument,
                        "rank {} came twice, from {} pid {} and from {} pid {}: give every process its own", hello.rank,
                        other->host, other->pid, message.self.host, message.self.pid));
  }
  check_plan(hello, message);
}

void Assembly::check_plan(const Hello& hello, const JoinMessage& message) {
  if (hello.plan_hash == plan_hash_) return;
  refuse(error(Code::config, "variables that must be equal on all ranks differ: {} has {}; {} has {}", describe(first_),
               plan_text_, describe(message.self), message.plan_text));
}

void Assembly::refuse(Status why) {
  if (refusal_.ok()) refusal_ = std::move(why);
}

const Member* Assembly::member(uint32_t rank) const {
  return rank < places_.size() && places_[rank] ? &*places_[rank] : nullptr;
}

}  // namespace weft
