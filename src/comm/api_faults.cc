// C API, chapter faults: what is left when ranks have died, and how to go on.
#include <algorithm>

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

weftVerdict_t verdict_of(Code code, bool died) {
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
  *failure = {.verdict = verdict_of(code, !failed.empty()),
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

extern "C" weftResult_t weftCommGetFailure(weftComm_t comm, weftFailure_t* failure, int* failed_ranks, int capacity) {
  return answer([&] { return get_failure(comm, failure, failed_ranks, capacity); });
}
