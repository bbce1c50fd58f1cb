// C API, chapter collectives: from here to comm/communicator.
#include "comm/arguments.h"
#include "comm/communicator.h"
#include "comm/last_error.h"
#include "comm/live.h"
#include "weft/weft.h"

using namespace weft;

namespace {

weftResult_t run(const CallArguments& call, weftComm_t comm) {
  Communicator* communicator = nullptr;
  Operation operation;
  Status status = find_live(call.function, comm, communicator);
  if (status.ok()) status = check_arguments(call, communicator->ranks(), communicator->rank(), operation);
  if (status.ok()) status = communicator->run(operation);
  return report(status);
}

}  // namespace

extern "C" weftResult_t weftAllReduce(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                      weftRedOp_t op, weftComm_t comm, void* stream) {
  return run({"weftAllReduce", Collective::all_reduce, sendbuff, recvbuff, count, datatype, op, 0, stream}, comm);
}

extern "C" weftResult_t weftReduceScatter(const void* sendbuff, void* recvbuff, size_t recvcount,
                                          weftDataType_t datatype, weftRedOp_t op, weftComm_t comm, void* stream) {
  return run({"weftReduceScatter", Collective::reduce_scatter, sendbuff, recvbuff, recvcount, datatype, op, 0, stream},
             comm);
}

extern "C" weftResult_t weftAllGather(const void* sendbuff, void* recvbuff, size_t sendcount, weftDataType_t datatype,
                                      weftComm_t comm, void* stream) {
  return run({"weftAllGather", Collective::all_gather, sendbuff, recvbuff, sendcount, datatype, weftSum, 0, stream},
             comm);
}

extern "C" weftResult_t weftBroadcast(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                      int root, weftComm_t comm, void* stream) {
  return run({"weftBroadcast", Collective::broadcast, sendbuff, recvbuff, count, datatype, weftSum, root, stream},
             comm);
}

extern "C" weftResult_t weftReduce(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                   weftRedOp_t op, int root, weftComm_t comm, void* stream) {
  return run({"weftReduce", Collective::reduce, sendbuff, recvbuff, count, datatype, op, root, stream}, comm);
}
