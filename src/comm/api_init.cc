// C API, chapter init: making, asking and ending communicators.
#include <cstring>
#include <latch>
#include <thread>
#include <vector>

#include "base/contain.h"
#include "bootstrap/launch.h"
#include "comm/communicator.h"
#include "comm/last_error.h"
#include "comm/launched.h"
#include "comm/live.h"
#include "comm/roots.h"
#include "weft/weft.h"

using namespace weft;

namespace {

constexpr int kRanksOfOneProcessMax = 1024;

Status null_argument(const char* function, const char* argument, const char* what) {
  return error(Code::invalid_argument, "{}: {} is NULL; pass the address of {}", function, argument, what);
}

Status check_place(const char* function, int nranks, int rank) {
  if (nranks < 1 || nranks > weft::kRanksMax) {
    return error(Code::invalid_argument, "{}: nranks is {}; it must be from 1 to {}", function, nranks,
                 weft::kRanksMax);
  }
  if (rank < 0 || rank >= nranks) {
    return error(Code::invalid_argument, "{}: rank is {}; with nranks {} it must be from 0 to {}", function, rank,
                 nranks, nranks - 1);
  }
  return {};
}

Status join(const UniqueId& id, int nranks, int rank, Settings settings, weftComm_t* comm) {
  WEFT_TRY_ASSIGN(auto communicator, Communicator::join(id, nranks, rank, std::move(settings)));
  return give_handle(std::move(communicator), comm);
}

Status get_unique_id(weftUniqueId* id) {
  if (id == nullptr) return null_argument("weftGetUniqueId", "id", "a weftUniqueId");
  WEFT_TRY_ASSIGN(const ProcessConfig* process, process_config());
  WEFT_TRY_ASSIGN(const UniqueId drawn, start_root({.interface = process->config.text(Variable::interface)}));
  Status told = contain([&] {
    const UniqueIdBytes packed = pack(drawn);
    static_assert(sizeof packed == sizeof id->internal);
    std::memcpy(id->internal, packed.data(), sizeof packed);
    return Status();
  });
  if (!told.ok()) drop_root(drawn.communicator);
  return told;
}

Status init_rank(const char* function, weftComm_t* comm, int nranks, const weftUniqueId& id, int rank,
                 const weftConfig_t* config) {
  if (comm == nullptr) return null_argument(function, "comm", "a weftComm_t");
  WEFT_TRY(check_place(function, nranks, rank));
  WEFT_TRY_ASSIGN(const UniqueId parsed, parse_unique_id(std::as_bytes(std::span(id.internal))));
  WEFT_TRY_ASSIGN(const ProcessConfig* process, process_config());
  WEFT_TRY_ASSIGN(Settings settings, settings_of(function, config, settings_of(process->config)));
  return join(parsed, nranks, rank, std::move(settings), comm);
}

// Each rank joins on a thread of its own, because joining waits for the others.
Status init_all(weftComm_t* comms, int nranks, const int* devices) {
  if (comms == nullptr) return null_argument("weftCommInitAll", "comms", "an array of nranks weftComm_t");
  if (devices != nullptr) {
    return error(Code::invalid_argument, "weftCommInitAll: devices is {}; this library has host memory only: pass NULL",
                 fmt::ptr(devices));
  }
  if (nranks < 1 || nranks > kRanksOfOneProcessMax) {
    return error(Code::invalid_argument, "weftCommInitAll: nranks is {}; it must be from 1 to {}", nranks,
                 kRanksOfOneProcessMax);
  }
  WEFT_TRY_ASSIGN(const ProcessConfig* process, process_config());
  WEFT_TRY_ASSIGN(const auto root, Root::start({.interface = process->config.text(Variable::interface)}));
  const Settings settings = settings_of(process->config);
  std::vector<weftComm_t> made(static_cast<size_t>(nranks), nullptr);
  std::vector<Status> results(static_cast<size_t>(nranks));
  std::vector<std::thread> threads;
  threads.reserve(made.size());
  std::latch all_started(1);  // None joins if one cannot be started: it would wait for that one in vain.
  bool start = false;
  const auto join_as = [&](size_t rank) {
    all_started.wait();
    if (!start) return;
    results[rank] = contain([&] { return join(root->id(), nranks, static_cast<int>(rank), settings, &made[rank]); });
  };
  Status started = contain([&] {
    for (size_t rank = 0; rank < made.size(); ++rank) threads.emplace_back(join_as, rank);
    return Status();
  });
  start = started.ok();
  all_started.count_down();
  for (std::thread& thread : threads) thread.join();
  WEFT_TRY(std::move(started));
  for (Status& result : results) {
    if (result.ok()) continue;
    for (weftComm_t comm : made) weftCommAbort(comm);
    return std::move(result);
  }
  std::copy(made.begin(), made.end(), comms);
  return {};
}

Status init_env(const char* function, weftComm_t* comm, const weftConfig_t* config) {
  if (comm == nullptr) return null_argument(function, "comm", "a weftComm_t");
  WEFT_TRY_ASSIGN(const ProcessConfig* process, process_config());
  WEFT_TRY_ASSIGN(const Launch launch, detect_launch(process->environment, process->config));
  WEFT_TRY_ASSIGN(Settings settings, settings_of(function, config, settings_of(process->config)));
  WEFT_TRY_ASSIGN(const UniqueId id, launched_id(launch, *process, settings.set_up_deadline()));
  return join(id, launch.nranks, launch.rank, std::move(settings), comm);
}

// Calls that were told to stop, or are only questions, return at once; this is for the one that does not.
Status still_held(const char* function) {
  return error(Code::in_progress, "{}: a call on comm did not return within {} ms; its memory is kept", function,
               kAbortGrace.count());
}

Status destroy(weftComm_t comm) {
  reap_roots();
  if (comm == nullptr) return {};
  const SoleCaller caller(comm);
  if (!caller.usable()) return unusable("weftCommDestroy", comm);
  std::unique_ptr<Communicator> communicator(take_handle(caller.cell()));
  if (!await_holders(caller.cell(), false, Deadline::after(kAbortGrace))) {
    communicator.release();
    return still_held("weftCommDestroy");
  }
  communicator.reset();
  reap_roots();
  return {};
}

Status abort(weftComm_t comm) {
  if (comm == nullptr) return {};
  Questioner caller(comm);
  if (!caller.usable()) return unusable("weftCommAbort", comm);
  std::unique_ptr<Communicator> communicator(caller.take());
  if (communicator == nullptr) return {};  // Another thread was faster.
  communicator->abort();
  if (!await_holders(caller.cell(), true, Deadline::after(kAbortGrace))) {
    communicator.release();
    return still_held("weftCommAbort");
  }
  communicator.reset();
  reap_roots();
  return {};
}

Status ask(const char* function, weftComm_t comm, int* answer, const char* name,
           int (Communicator::*question)() const) {
  if (answer == nullptr) return null_argument(function, name, "an int");
  const Questioner caller(comm);
  if (!caller.usable()) return unusable(function, comm);
  *answer = ((*caller.operator->()).*question)();
  return {};
}

Status async_error(weftComm_t comm, weftResult_t* result) {
  if (result == nullptr) return null_argument("weftCommGetAsyncError", "error", "a weftResult_t");
  const Questioner caller(comm);
  if (!caller.usable()) return unusable("weftCommGetAsyncError", comm);
  *result = static_cast<weftResult_t>(caller->error().code());
  return {};
}

}  // namespace

extern "C" weftResult_t weftGetUniqueId(weftUniqueId* id) {
  return answer([&] { return get_unique_id(id); });
}

extern "C" weftResult_t weftCommInitRank(weftComm_t* comm, int nranks, weftUniqueId id, int rank) {
  return answer([&] { return init_rank("weftCommInitRank", comm, nranks, id, rank, nullptr); });
}

extern "C" weftResult_t weftCommInitRankConfig(weftComm_t* comm, int nranks, weftUniqueId id, int rank,
                                               const weftConfig_t* config) {
  return answer([&] { return init_rank("weftCommInitRankConfig", comm, nranks, id, rank, config); });
}

extern "C" weftResult_t weftCommInitAll(weftComm_t* comms, int nranks, const int* devices) {
  return answer([&] { return init_all(comms, nranks, devices); });
}

extern "C" weftResult_t weftCommInitEnv(weftComm_t* comm) {
  return answer([&] { return init_env("weftCommInitEnv", comm, nullptr); });
}

extern "C" weftResult_t weftCommInitEnvConfig(weftComm_t* comm, const weftConfig_t* config) {
  return answer([&] { return init_env("weftCommInitEnvConfig", comm, config); });
}

extern "C" weftResult_t weftCommCount(weftComm_t comm, int* count) {
  return answer([&] { return ask("weftCommCount", comm, count, "count", &Communicator::ranks); });
}

extern "C" weftResult_t weftCommUserRank(weftComm_t comm, int* rank) {
  return answer([&] { return ask("weftCommUserRank", comm, rank, "rank", &Communicator::rank); });
}

extern "C" weftResult_t weftCommDestroy(weftComm_t comm) {
  return answer([&] { return destroy(comm); });
}

extern "C" weftResult_t weftCommAbort(weftComm_t comm) {
  return answer([&] { return abort(comm); });
}

extern "C" weftResult_t weftCommGetAsyncError(weftComm_t comm, weftResult_t* error) {
  return answer([&] { return async_error(comm, error); });
}

extern "C" const char* weftGetLastError(weftComm_t comm) {
  const Questioner caller(comm);
  if (!caller.usable()) return last_error_text();
  const weftResult_t first = answer([&] { return caller->named_error(); });  // It keeps the text.
  static_cast<void>(first);
  return last_error_text();
}
