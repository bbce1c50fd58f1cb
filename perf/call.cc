#include "call.h"

#include "base/assert.h"

namespace weft::perf {

weftResult_t call(const Case& what, const Extent& extent, const std::byte* send, std::byte* recv,
                  weftComm_t communicator) {
  const auto type = static_cast<weftDataType_t>(what.type);
  const auto op = static_cast<weftRedOp_t>(what.op);
  switch (what.collective) {
    case Collective::all_reduce:
      return weftAllReduce(send, recv, extent.call_count, type, op, communicator, nullptr);
    case Collective::reduce_scatter:
      return weftReduceScatter(send, recv, extent.call_count, type, op, communicator, nullptr);
    case Collective::all_gather:
      return weftAllGather(send, recv, extent.call_count, type, communicator, nullptr);
    case Collective::broadcast:
      return weftBroadcast(send, recv, extent.call_count, type, what.root, communicator, nullptr);
    case Collective::reduce:
      return weftReduce(send, recv, extent.call_count, type, op, what.root, communicator, nullptr);
  }
  assert_failed("a collective", __FILE__, __LINE__);
}

std::string_view function_of(Collective collective) {
  constexpr std::string_view kFunctions[] = {"weftAllReduce", "weftReduceScatter", "weftAllGather", "weftBroadcast",
                                             "weftReduce"};
  return kFunctions[static_cast<size_t>(collective)];
}

}  // namespace weft::perf
