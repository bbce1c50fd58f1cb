// C API, chapter collectives: from here to comm/communicator.
#include "comm/arguments.h"
#include "comm/last_error.h"
#include "comm/live.h"
#include "weft/weft.h"

using namespace weft;

namespace {

// True only for calls that check_arguments accepts, whichever collective it is; what needs a closer look is left to it.
bool plainly_right(const Operation& call, const void* stream, uint32_t ranks) {
  if (stream != nullptr || static_cast<uint32_t>(call.type) >= kDataTypeCount || call.count > kCountMax ||
      static_cast<uint32_t>(call.op) >= kOperatorCount || static_cast<uint32_t>(call.root) >= ranks)
    return false;
  const size_t most = is_blocked(call.collective) ? ranks * call.bytes() : call.bytes();  // that a buffer of it holds
  const auto send = reinterpret_cast<uintptr_t>(call.sendbuff), recv = reinterpret_cast<uintptr_t>(call.recvbuff);
  if (send == 0 || recv == 0 || ((send | recv) & (bytes_of(call.type) - 1)) != 0)
    return false;  // Sizes are powers of two.
  return send == recv ? !is_blocked(call.collective) : send + most <= recv || recv + most <= send;
}

Status run_checked(const CallArguments& call, weftComm_t comm) {
  const SoleCaller caller(comm);
  if (!caller.usable()) return unusable(call.function, comm);
  if (!plainly_right(call.operation, call.stream, static_cast<uint32_t>(caller->ranks()))) {
    if (Status checked = check_arguments(call, caller->ranks(), caller->rank()); !checked.ok()) return checked;
  }
  return in_step(caller, [&] { return caller->run(call.operation); });
}

weftResult_t run(const CallArguments& call, weftComm_t comm) {
  return answer([&] { return run_checked(call, comm); });
}

weftResult_t run_configured(CallArguments call, weftComm_t comm, const weftCallConfig_t* config) {
  if (config == nullptr) return run(call, comm);
  return answer([&]() -> Status {
    WEFT_TRY_ASSIGN(const auto limit, call_limit_of(call.function, *config));
    if (limit) call.operation.time_limit = *limit;
    return run_checked(call, comm);
  });
}

}  // namespace

extern "C" weftResult_t weftAllReduce(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                      weftRedOp_t op, weftComm_t comm, void* stream) {
  const Operation call{Collective::all_reduce, sendbuff, recvbuff, count, DataType(datatype), Operator(op), 0};
  return run({"weftAllReduce", call, stream}, comm);
}

extern "C" weftResult_t weftAllReduceConfig(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                            weftRedOp_t op, weftComm_t comm, void* stream,
                                            const weftCallConfig_t* config) {
  const Operation call{Collective::all_reduce, sendbuff, recvbuff, count, DataType(datatype), Operator(op), 0};
  return run_configured({"weftAllReduceConfig", call, stream}, comm, config);
}

extern "C" weftResult_t weftReduceScatter(const void* sendbuff, void* recvbuff, size_t recvcount,
                                          weftDataType_t datatype, weftRedOp_t op, weftComm_t comm, void* stream) {
  const Operation call{Collective::reduce_scatter, sendbuff, recvbuff, recvcount, DataType(datatype), Operator(op), 0};
  return run({"weftReduceScatter", call, stream}, comm);
}

extern "C" weftResult_t weftReduceScatterConfig(const void* sendbuff, void* recvbuff, size_t recvcount,
                                                weftDataType_t datatype, weftRedOp_t op, weftComm_t comm, void* stream,
                                                const weftCallConfig_t* config) {
  const Operation call{Collective::reduce_scatter, sendbuff, recvbuff, recvcount, DataType(datatype), Operator(op), 0};
  return run_configured({"weftReduceScatterConfig", call, stream}, comm, config);
}

extern "C" weftResult_t weftAllGather(const void* sendbuff, void* recvbuff, size_t sendcount, weftDataType_t datatype,
                                      weftComm_t comm, void* stream) {
  const Operation call{Collective::all_gather, sendbuff, recvbuff, sendcount, DataType(datatype), Operator::sum, 0};
  return run({"weftAllGather", call, stream}, comm);
}

extern "C" weftResult_t weftAllGatherConfig(const void* sendbuff, void* recvbuff, size_t sendcount,
                                            weftDataType_t datatype, weftComm_t comm, void* stream,
                                            const weftCallConfig_t* config) {
  const Operation call{Collective::all_gather, sendbuff, recvbuff, sendcount, DataType(datatype), Operator::sum, 0};
  return run_configured({"weftAllGatherConfig", call, stream}, comm, config);
}

extern "C" weftResult_t weftBroadcast(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                      int root, weftComm_t comm, void* stream) {
  const Operation call{Collective::broadcast, sendbuff, recvbuff, count, DataType(datatype), Operator::sum, root};
  return run({"weftBroadcast", call, stream}, comm);
}

extern "C" weftResult_t weftBroadcastConfig(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                            int root, weftComm_t comm, void* stream, const weftCallConfig_t* config) {
  const Operation call{Collective::broadcast, sendbuff, recvbuff, count, DataType(datatype), Operator::sum, root};
  return run_configured({"weftBroadcastConfig", call, stream}, comm, config);
}

extern "C" weftResult_t weftReduce(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                   weftRedOp_t op, int root, weftComm_t comm, void* stream) {
  const Operation call{Collective::reduce, sendbuff, recvbuff, count, DataType(datatype), Operator(op), root};
  return run({"weftReduce", call, stream}, comm);
}

extern "C" weftResult_t weftReduceConfig(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                         weftRedOp_t op, int root, weftComm_t comm, void* stream,
                                         const weftCallConfig_t* config) {
  const Operation call{Collective::reduce, sendbuff, recvbuff, count, DataType(datatype), Operator(op), root};
  return run_configured({"weftReduceConfig", call, stream}, comm, config);
}
