// How operations of a communicator fail: who decides, what is said, and who else is told.
#include "base/contain.h"
#include "base/log.h"
#include "comm/communicator.h"
#include "comm/mismatch.h"

namespace weft {

// The first error sticks, and the other ranks learn of it.
Status Communicator::fail(Status status) {
  if (alive_.fail(status.copy())) membership_->broadcast_failure(status.code(), status.text());
  return alive_.error();
}

Status Communicator::give_up() {
  try {
    Status first = fail(status_of_exception());
    recorder_->end(first.code());
    return first;
  } catch (...) {
    endpoint_->control()->cut_loose();
    return status_of_exception();
  }
}

Status Communicator::explain(Outcome outcome, const Operation& operation, const PreparedPlan& prepared) {
  Status status = verdict(outcome, operation, prepared);
  recorder_->end(status.code());
  return status;
}

Status Communicator::verdict(Outcome outcome, const Operation& operation, const PreparedPlan& prepared) {
  const CallSignature call = signature(operation);
  switch (outcome) {
    case Outcome::done:
      return {};
    case Outcome::stopped:
      return alive_.error();
    case Outcome::refused: {
      const Refused& refused = prepared.executor.refused();
      const bool same_call = refused.fingerprint == pack(call);
      return fail(Status(same_call ? Code::remote_error : Code::mismatch, describe_refusal(refused, call, rank_)));
    }
    case Outcome::departed:
      return fail(weft::error(Code::remote_error, "{} waits for {}, which has destroyed its communicator",
                              describe(call), describe(roster_[engine_->peer()])));
    case Outcome::timeout:
      return fail(weft::error(Code::timeout, "{} took longer than WEFT_TIMEOUT={} s on rank {}", describe(call),
                              endpoint_->config().text(Variable::timeout), rank_));
  }
  return {};
}

void Communicator::report_stuck(std::chrono::milliseconds waited, const Fingerprint& operation,
                                const std::vector<uint32_t>& awaited) const {
  std::string peers;
  for (const uint32_t peer : awaited) peers += fmt::format("{}{}", peers.empty() ? "" : ", ", describe(roster_[peer]));
  log_warn("comm",
           "STUCK {} ({} ranks) for {:.1f} s: waits for {}; all ranks are alive. WEFT_TIMEOUT=60 turns this into "
           "weftTimeout",
           describe(unpack(operation)), ranks_, static_cast<double>(waited.count()) / 1000, peers);
}

}  // namespace weft
