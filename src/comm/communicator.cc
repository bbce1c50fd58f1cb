// Joining, leaving and aborting. The path of a collective is in communicator_run.cc, its errors in
// communicator_errors.cc, what is made from a communicator in communicator_children.cc.
#include "comm/communicator.h"

#include <sched.h>

#include <algorithm>

#include "base/contain.h"
#include "base/flight_handover.h"
#include "base/log.h"
#include "bootstrap/join.h"
#include "comm/mismatch.h"
#include "comm/roots.h"

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

Expected<std::unique_ptr<Communicator>> Communicator::join(const UniqueId& id, int ranks, int rank, Settings settings,
                                                           const Alive* watched) {
  const Deadline deadline = settings.set_up_deadline();
  std::unique_ptr<Communicator> communicator;
  Status joined = contain([&]() -> Status {
    WEFT_TRY_ASSIGN(auto endpoint, Endpoint::of_process());
    communicator.reset(new Communicator(std::move(endpoint), ranks, rank, std::move(settings)));
    return communicator->set_up(id, deadline, watched);
  });
  if (joined.ok()) return communicator;
  let_all_hear(id, {rank, ranks, deadline, joined.copy()});
  return failure_of(std::move(joined));
}

Communicator::Communicator(std::shared_ptr<Endpoint> endpoint, int ranks, int rank, Settings settings)
    : endpoint_(std::move(endpoint)),
      ranks_(ranks),
      rank_(rank),
      settings_(std::move(settings)),
      alive_(ranks, endpoint_->doorbell()) {}

Communicator::~Communicator() {
  if (membership_ != nullptr) membership_->leave();
  if (const uint64_t unused = admission_; unused != 0) drop_root(unused);
  engine_.reset();  // Before the membership, whose end may be the end of the links that transports use.
}

Status Communicator::set_up(const UniqueId& id, Deadline deadline, const Alive* watched) {
  set_log_rank(rank_);
  WEFT_TRY(enroll(id, deadline, watched));
  WEFT_TRY(make_engine());
  log_info("comm", "rank {} of {} joined communicator {:016x}", rank_, ranks_, id_);
  return {};
}

Status Communicator::enroll(const UniqueId& id, Deadline deadline, const Alive* watched) {
  WEFT_TRY_ASSIGN(Joined joined, weft::join(id, endpoint_->join_request(rank_, ranks_), deadline, watched));
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
          .calls = call_source()};
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
  machine_.pass_bytes = machine_.slot_bytes;  // A step of more slots than credits would never end in the model.
  forced_algorithm_ = config.text(Variable::algo);
  engine_ = std::make_unique<Engine>(
      Ends::Identity{.communicator = id_, .epoch = 0, .rank = static_cast<uint32_t>(rank_)},
      ConnectionShape{.slots = machine_.slots, .slot_bytes = machine_.slot_bytes}, std::move(routes), alive_,
      machine_.ranks_per_host > machine_.processors ? kCrowded : kRoomy,
      WaitReports{
          .stuck = [this] { membership_->report_stuck(); },
          .awaiting =
              [this](const auto& ranks) { membership_->wait_for(std::vector<int>(ranks.begin(), ranks.end())); },
          .long_wait = [this] { membership_->compare_calls(); }});
  return {};
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
