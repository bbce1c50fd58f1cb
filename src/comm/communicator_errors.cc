// How operations of a communicator fail: who decides, what is said, and who else is told.
#include <algorithm>

#include "base/contain.h"
#include "base/wait.h"
#include "bootstrap/stuck_report.h"
#include "comm/communicator.h"
#include "comm/mismatch.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kComparisonLimit{40};  // for all ranks to be asked what they called
constexpr milliseconds kDiagnosisLimit{150};  // a little more than the others have for their answers

}  // namespace

Status Communicator::named_error() const {
  Status first = alive_.error();
  if (first.ok() || settings_.name.empty()) return first;
  return {first.code(), fmt::format("\"{}\": {}", settings_.name, first.text())};
}

// The first error sticks, and the other ranks learn of it.
Status Communicator::fail(Status status, Cause cause) {
  if (alive_.fail(status.copy(), cause)) membership_->broadcast_failure(status, cause);
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

// The operation is under way until this has been found out: others may be asked.
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
    case Outcome::refused:
      return refuse(prepared.executor.refused(), call);
    case Outcome::departed:
      return fail(weft::error(Code::remote_error, "{} waits for {}, which has destroyed its communicator",
                              describe(call), describe(roster_[engine_->peer()])));
    case Outcome::timeout:
      return time_out(call, limit_of(operation));
  }
  return {};
}

// A slot of another number shows only that the ranks have lost step. Where they did, and in what, the others may know.
Status Communicator::refuse(const Refused& refused, const CallSignature& call) {
  if (refused.fingerprint == pack(call))
    return fail(Status(Code::remote_error, describe_refusal(refused, call, rank_)), Cause::corrupt);
  if (const uint32_t theirs = unpack(refused.fingerprint).sequence; theirs != call.sequence) {
    membership_->compare_calls(std::min(theirs, call.sequence));
    Waiter(alive_, Patience{}).until([] { return false; }, Deadline::after(kComparisonLimit));
  }
  return fail(Status(Code::mismatch, describe_refusal(refused, call, rank_)));
}

Status Communicator::time_out(const CallSignature& call, std::chrono::nanoseconds limit) {
  const auto diagnosis = membership_->diagnose(Deadline::after(kDiagnosisLimit));
  if (alive_.stopped()) return alive_.error();
  const std::string why = diagnosis ? describe(*diagnosis, {id_, 0}, roster_) : "";
  return fail(
      weft::error(Code::timeout,
                  "{} took longer than its limit of {:g} s (WEFT_TIMEOUT, or a configuration) on rank {}{}{}",
                  describe(call), std::chrono::duration<double>(limit).count(), rank_, why.empty() ? "" : ": ", why),
      diagnosis ? diagnosis->cause : Cause::none);
}

}  // namespace weft
