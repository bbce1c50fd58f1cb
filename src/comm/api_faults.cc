// C API, chapter faults: what is left when ranks have died, and how to go on.
#include <algorithm>

#include "comm/arguments.h"
#include "comm/last_error.h"
#include "comm/live.h"
#include "weft/weft.h"

using namespace weft;

namespace {

Status revoke(weftComm_t comm) {
  const Questioner caller(comm);
  if (!caller.usable()) return unusable("weftCommRevoke", comm);
  caller->revoke();
  return {};
}

Status shrink(weftComm_t comm, weftComm_t* newcomm) {
  if (newcomm == nullptr) {
    return error(Code::invalid_argument, "weftCommShrink: newcomm is NULL; pass the address of a weftComm_t");
  }
  const SoleCaller caller(comm);
  if (!caller.usable()) return unusable("weftCommShrink", comm);
  WEFT_TRY_ASSIGN(auto smaller, caller->shrink());
  return give_handle(std::move(smaller), newcomm);
}

Status all_reduce_survivors(const CallArguments& call, weftComm_t comm, int* contributors, int* count) {
  for (const auto& [name, pointer] : {std::pair("contributors", contributors), {"contributor_count", count}}) {
    if (pointer != nullptr) continue;
    return error(Code::invalid_argument, "{}: {} is NULL; pass {}", call.function, name,
                 pointer == count ? "the address of an int" : "an array of as many ints as comm has ranks");
  }
  const SoleCaller caller(comm);
  if (!caller.usable()) return unusable(call.function, comm);
  WEFT_TRY(check_arguments(call, caller->ranks(), caller->rank()));
  return in_step(caller, [&]() -> Status {
    WEFT_TRY_ASSIGN(const RankSet ranks, caller->all_reduce_among_survivors(call.operation));
    std::copy(ranks.begin(), ranks.end(), contributors);
    *count = static_cast<int>(ranks.size());
    return {};
  });
}

weftVerdict_t verdict_of(Code code, Cause cause, bool died) {
  switch (cause) {
    case Cause::none:
      break;
    case Cause::not_joined:
      return weftVerdictNotJoined;
    case Cause::order_cycle:
      return weftVerdictOrderCycle;
    case Cause::stopped:
      return weftVerdictStopped;
    case Cause::slow_rank:
      return weftVerdictSlowRank;
    case Cause::corrupt:
      return weftVerdictCorrupt;
  }
  switch (code) {
    case Code::success:
      return weftVerdictNone;
    case Code::remote_error:
      return died ? weftVerdictDied : weftVerdictLeft;
    case Code::mismatch:
      return weftVerdictMismatch;
    case Code::timeout:
      return weftVerdictTimeout;
    case Code::aborted:
      return weftVerdictAborted;
    case Code::resource:
      return weftVerdictResource;
    default:
      return weftVerdictOther;
  }
}

Status get_failure(weftComm_t comm, weftFailure_t* failure, int* ranks, int capacity) {
  constexpr const char* kName = "weftCommGetFailure";
  if (failure == nullptr) {
    return error(Code::invalid_argument, "{}: failure is NULL; pass the address of a weftFailure_t", kName);
  }
  if (capacity < 0 || (capacity > 0 && ranks == nullptr)) {
    return error(Code::invalid_argument,
                 "{}: failed_ranks is {} and capacity is {}; pass an array and its length, or NULL and 0", kName,
                 fmt::ptr(ranks), capacity);
  }
  const Questioner caller(comm);
  if (!caller.usable()) return unusable(kName, comm);
  const Code code = caller->error().code();
  const RankSet failed = caller->failed_ranks();
  *failure = {.verdict = verdict_of(code, caller->cause(), !failed.empty()),
              .result = static_cast<weftResult_t>(code),
              .operation = caller->operations(),
              .failed_count = static_cast<int>(failed.size())};
  std::copy_n(failed.begin(), std::min(failed.size(), static_cast<size_t>(capacity)), ranks);
  return {};
}

}  // namespace

extern "C" weftResult_t weftCommRevoke(weftComm_t comm) {
  return answer([&] { return revoke(comm); });
}

extern "C" weftResult_t weftCommShrink(weftComm_t comm, weftComm_t* newcomm) {
  return answer([&] { return shrink(comm, newcomm); });
}

extern "C" weftResult_t weftAllReduceSurvivors(const void* sendbuff, void* recvbuff, size_t count,
                                               weftDataType_t datatype, weftRedOp_t op, weftComm_t comm, void* stream,
                                               int* contributors, int* contributor_count) {
  const Operation call{.collective = Collective::all_reduce,
                       .sendbuff = sendbuff,
                       .recvbuff = recvbuff,
                       .count = count,
                       .type = DataType(datatype),
                       .op = Operator(op),
                       .root = 0,
                       .call_class = CallClass::survivors};
  return answer([&] {
    return all_reduce_survivors({"weftAllReduceSurvivors", call, stream}, comm, contributors, contributor_count);
  });
}

extern "C" weftResult_t weftCommGetFailure(weftComm_t comm, weftFailure_t* failure, int* failed_ranks, int capacity) {
  return answer([&] { return get_failure(comm, failure, failed_ranks, capacity); });
}
