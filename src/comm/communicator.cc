// Joining, leaving and aborting. The path of a collective is in communicator_run.cc, its errors in
// communicator_errors.cc.
#include "comm/communicator.h"

#include <sched.h>

#include <algorithm>

#include "base/contain.h"
#include "base/flight_handover.h"
#include "base/log.h"
#include "base/random.h"
#include "bootstrap/join.h"
#include "comm/mismatch.h"

namespace weft {
namespace {

// How long to poll and to yield before sleeping. With a processor for each rank polling is free; otherwise the one that
// is waited for needs the processor.
constexpr Patience kRoomy{.polls = 4000, .yields = 400};
constexpr Patience kCrowded{.polls = 20, .yields = 4000};

// How many processors this process may use.
int processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace

Expected<std::unique_ptr<Communicator>> Communicator::join(const UniqueId& id, int ranks, int rank) {
  WEFT_TRY_ASSIGN(auto endpoint, Endpoint::of_process());
  std::unique_ptr<Communicator> communicator(new Communicator(std::move(endpoint), ranks, rank));
  WEFT_TRY(communicator->set_up(id, communicator->join_deadline()));
  return communicator;
}

Deadline Communicator::join_deadline() const {
  const double seconds = endpoint_->config().number(Variable::init_timeout);
  return Deadline::after_ms(static_cast<int64_t>(seconds * 1000));
}

Communicator::Communicator(std::shared_ptr<Endpoint> endpoint, int ranks, int rank)
    : endpoint_(std::move(endpoint)), ranks_(ranks), rank_(rank), alive_(ranks, endpoint_->doorbell()) {}

Communicator::~Communicator() {
  if (membership_ != nullptr) membership_->leave();
  engine_.reset();  // Before the membership, whose end may be the end of the links that transports use.
}

Status Communicator::set_up(const UniqueId& id, Deadline deadline) {
  set_log_rank(rank_);
  WEFT_TRY(enroll(id, deadline));
  WEFT_TRY(make_engine());
  log_info("comm", "rank {} of {} joined communicator {:016x}", rank_, ranks_, id_);
  return {};
}

Status Communicator::enroll(const UniqueId& id, Deadline deadline) {
  WEFT_TRY_ASSIGN(Joined joined, weft::join(id, endpoint_->join_request(rank_, ranks_), deadline));
  id_ = joined.communicator;
  secret_ = joined.secret;
  roster_ = std::move(joined.roster);
  WEFT_TRY(make_recorder());  // The membership may be asked for calls at once.
  WEFT_TRY_ASSIGN(membership_, Membership::join(endpoint_->control(), membership_request(), deadline));
  return {};
}

Status Communicator::make_recorder() {
  const Config& config = endpoint_->config();
  const Member& self = roster_[static_cast<size_t>(rank_)];
  FlightRecorder::Owner owner{
      .communicator = id_, .boot = self.host_identity, .rank = rank_, .ranks = ranks_, .host = self.host};
  if (config.is_set(Variable::rank)) owner.launched_as = static_cast<int>(config.integer(Variable::rank));
  WEFT_TRY_ASSIGN(recorder_, FlightRecorder::make(owner, config.text(Variable::trace_dir)));
  if (recorder_->made_file()) hand_in_flight(recorder_->fd(), config.text(Variable::trace_socket));
  return {};
}

MembershipRequest Communicator::membership_request() {
  return {.communicator = id_,
          .rank = rank_,
          .secret = secret_,
          .roster = roster_,
          .alive = &alive_,
          .calls = [this] { return latest_calls(); },
          .describe =
              [](const Disagreement& found) {
                const auto call = [](const CallWords& words) { return unpack({words.low, words.high}); };
                return describe_disagreement(call(found.ones), found.one, call(found.others), found.other);
              }};
}

// Any thread.
std::vector<CallWords> Communicator::latest_calls() const {
  std::vector<CallWords> calls;
  for (const auto& [low, high] : recorder_->recent(operations(), CallComparison::kCallsMax))
    calls.push_back({low, high});
  return calls;
}

Status Communicator::make_engine() {
  const Config& config = endpoint_->config();
  WEFT_TRY_ASSIGN(auto routes, endpoint_->routes(roster_, rank_));
  const uint64_t my_host = roster_[static_cast<size_t>(rank_)].host_identity;
  machine_.ranks_per_host = static_cast<int>(std::count_if(
      roster_.begin(), roster_.end(), [&](const Member& member) { return member.host_identity == my_host; }));
  machine_.processors = processors();
  machine_.slots = static_cast<uint32_t>(config.integer(Variable::slots));
  machine_.slot_bytes = static_cast<uint32_t>(config.integer(Variable::slot_bytes));
  forced_algorithm_ = config.text(Variable::algo);
  time_limit_ = std::chrono::nanoseconds(static_cast<int64_t>(config.number(Variable::timeout) * 1e9));
  engine_ = std::make_unique<Engine>(
      Ends::Identity{.communicator = id_, .epoch = 0, .rank = static_cast<uint32_t>(rank_)},
      ConnectionShape{.slots = machine_.slots, .slot_bytes = machine_.slot_bytes}, std::move(routes), alive_,
      machine_.ranks_per_host > machine_.processors ? kCrowded : kRoomy,
      WaitReports{
          .stuck = [this](auto waited, const auto& operation,
                          const auto& awaited) { report_stuck(waited, operation, awaited); },
          .awaiting =
              [this](const auto& ranks) { membership_->wait_for(std::vector<int>(ranks.begin(), ranks.end())); },
          .long_wait = [this] { membership_->compare_calls(); }});
  return {};
}

Expected<std::unique_ptr<Communicator>> Communicator::shrink() {
  WEFT_TRY_ASSIGN(const RankSet failed, membership_->shrink(join_deadline()));
  const auto before = std::lower_bound(failed.begin(), failed.end(), rank_) - failed.begin();
  std::unique_ptr<Communicator> smaller(
      new Communicator(endpoint_, ranks_ - static_cast<int>(failed.size()), rank_ - static_cast<int>(before)));
  Status continued = contain([&] { return smaller->continue_from(*this, failed); });
  if (continued.ok()) return smaller;
  smaller->refuse_to_continue(continued);
  return failure_of(std::move(continued));
}

// What joining does, with nothing left to ask: the others have the same roster, and the processes are linked.
Status Communicator::continue_from(const Communicator& before, const RankSet& failed) {
  id_ = mix64(before.id_ ^ mix64(before.membership_->shrinks()));
  secret_ = before.secret_;
  for (const Member& member : before.roster_) {
    if (std::binary_search(failed.begin(), failed.end(), member.rank)) continue;
    roster_.push_back(member);
    roster_.back().rank = static_cast<int>(roster_.size()) - 1;
  }
  WEFT_TRY(make_recorder());
  WEFT_TRY_ASSIGN(membership_, Membership::continue_in(endpoint_->control(), membership_request()));
  WEFT_TRY(make_engine());
  log_info("comm", "rank {} of {} goes on in communicator {:016x}, without failed={{{}}} of {:016x}", rank_, ranks_,
           id_, rank_ranges(failed), before.id_);
  return {};
}

// The others believe that this rank is in it.
void Communicator::refuse_to_continue(const Status& why) {
  try {
    if (membership_ == nullptr) membership_ = Membership::outside(endpoint_->control(), membership_request());
    membership_->broadcast_failure(why.code(), why.text());
  } catch (...) {
    endpoint_->control()->cut_loose();
  }
}

void Communicator::revoke() {
  const Status first = fail(weft::error(Code::aborted, "rank {} called weftCommRevoke", rank_));
  log_info("comm", "revoked; the first error was: {}", first.text());
}

void Communicator::abort() {
  const Status first = fail(weft::error(Code::aborted, "rank {} called weftCommAbort", rank_));
  log_info("comm", "aborted; the first error was: {}", first.text());
}

}  // namespace weft
