// C API, chapter derive: communicators made from communicators.
#include <cstring>

#include "comm/last_error.h"
#include "comm/live.h"
#include "comm/process_config.h"
#include "weft/weft.h"

using namespace weft;

namespace {

Status null_newcomm(const char* function) {
  return error(Code::invalid_argument, "{}: newcomm is NULL; pass the address of a weftComm_t", function);
}

Status split(weftComm_t comm, int color, int key, weftComm_t* newcomm, const weftConfig_t* config) {
  constexpr const char* kName = "weftCommSplit";
  if (newcomm == nullptr) return null_newcomm(kName);
  if (color < 0 && color != WEFT_SPLIT_NOCOLOR) {
    return error(Code::invalid_argument, "{}: color is {}; it must be 0 or more, or WEFT_SPLIT_NOCOLOR ({})", kName,
                 color, WEFT_SPLIT_NOCOLOR);
  }
  const SoleCaller caller(comm);
  if (!caller.usable()) return unusable(kName, comm);
  WEFT_TRY_ASSIGN(const Settings settings, settings_of(kName, config, caller->settings()));
  return in_step(caller, [&]() -> Status {
    WEFT_TRY_ASSIGN(auto part, caller->split(color, key, settings));
    if (part != nullptr) return give_handle(std::move(part), newcomm);
    *newcomm = nullptr;
    return {};
  });
}

Status get_unique_id(weftComm_t comm, weftUniqueId* id) {
  constexpr const char* kName = "weftCommGetUniqueId";
  if (id == nullptr) {
    return error(Code::invalid_argument, "{}: id is NULL; pass the address of a weftUniqueId", kName);
  }
  const Questioner caller(comm);
  if (!caller.usable()) return unusable(kName, comm);
  WEFT_TRY_ASSIGN(const UniqueId drawn, caller->draw_admission());
  const UniqueIdBytes packed = pack(drawn);
  std::memcpy(id->internal, packed.data(), sizeof packed);
  return {};
}

std::optional<UniqueIdBytes> bytes_of(const weftUniqueId* id) {
  if (id == nullptr) return std::nullopt;
  UniqueIdBytes bytes;
  std::memcpy(bytes.data(), id->internal, sizeof bytes);
  return bytes;
}

Status grow_old(weftComm_t comm, int nranks, const weftUniqueId* id, int rank, weftComm_t* newcomm,
                const weftConfig_t* config) {
  constexpr const char* kName = "weftCommGrow";
  const SoleCaller caller(comm);
  if (!caller.usable()) return unusable(kName, comm);
  if (rank != -1) {
    return error(Code::invalid_argument, "{}: rank is {}; ranks of comm keep their numbers: pass -1", kName, rank);
  }
  if (nranks <= caller->ranks() || nranks > kRanksMax) {
    return error(Code::invalid_argument, "{}: nranks is {}; comm has {} ranks already, and {} is the most there can be",
                 kName, nranks, caller->ranks(), kRanksMax);
  }
  WEFT_TRY_ASSIGN(Settings settings, settings_of(kName, config, caller->settings()));
  const auto bytes = bytes_of(id);
  return in_step(caller, [&]() -> Status {
    WEFT_TRY_ASSIGN(auto grown, caller->grow(nranks, bytes ? &*bytes : nullptr, settings));
    return give_handle(std::move(grown), newcomm);
  });
}

Status grow_new(int nranks, const weftUniqueId* id, int rank, weftComm_t* newcomm, const weftConfig_t* config) {
  constexpr const char* kName = "weftCommGrow";
  if (id == nullptr) {
    return error(Code::invalid_argument,
                 "{}: comm and id are both NULL; a new rank passes the id that a rank of the old communicator got from "
                 "weftCommGetUniqueId",
                 kName);
  }
  if (nranks < 2 || nranks > kRanksMax || rank < 1 || rank >= nranks) {
    return error(Code::invalid_argument,
                 "{}: nranks is {} and rank is {}; a new rank's number is from the size of the old communicator to "
                 "nranks - 1",
                 kName, nranks, rank);
  }
  const auto bytes = bytes_of(id);
  WEFT_TRY_ASSIGN(const UniqueId parsed, parse_unique_id(*bytes));
  WEFT_TRY_ASSIGN(const ProcessConfig* process, process_config());
  WEFT_TRY_ASSIGN(Settings settings, settings_of(kName, config, settings_of(process->config)));
  WEFT_TRY_ASSIGN(auto joined, Communicator::join(parsed, nranks, rank, std::move(settings)));
  return give_handle(std::move(joined), newcomm);
}

}  // namespace

extern "C" weftResult_t weftCommSplit(weftComm_t comm, int color, int key, weftComm_t* newcomm,
                                      const weftConfig_t* config) {
  return answer([&] { return split(comm, color, key, newcomm, config); });
}

extern "C" weftResult_t weftCommGetUniqueId(weftComm_t comm, weftUniqueId* id) {
  return answer([&] { return get_unique_id(comm, id); });
}

extern "C" weftResult_t weftCommGrow(weftComm_t comm, int nranks, const weftUniqueId* id, int rank, weftComm_t* newcomm,
                                     const weftConfig_t* config) {
  if (newcomm == nullptr) return answer([&] { return null_newcomm("weftCommGrow"); });
  if (comm == nullptr) return answer([&] { return grow_new(nranks, id, rank, newcomm, config); });
  return answer([&] { return grow_old(comm, nranks, id, rank, newcomm, config); });
}
