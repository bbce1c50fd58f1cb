#include "comm/arguments.h"

namespace weft {
namespace {

template <typename... Args>
Status wrong(const CallArguments& call, fmt::format_string<Args...> text, Args&&... args) {
  return Status(Code::invalid_argument,
                fmt::format("{}: {}", call.function, fmt::format(text, std::forward<Args>(args)...)));
}

// Bytes that this rank's send and receive buffers hold; 0 where the buffer is not used.
struct Extents {
  size_t send, recv;
};

Extents extents_of(const Operation& operation, int ranks, int rank) {
  const size_t bytes = operation.bytes();
  const auto all = static_cast<size_t>(ranks) * bytes;
  switch (operation.collective) {
    case Collective::all_reduce:
      return {bytes, bytes};
    case Collective::reduce_scatter:
      return {all, bytes};
    case Collective::all_gather:
      return {bytes, all};
    case Collective::broadcast:
      return {rank == operation.root ? bytes : 0, bytes};
    case Collective::reduce:
      return {bytes, rank == operation.root ? bytes : 0};
  }
  return {0, 0};
}

Status check_buffer(const CallArguments& call, const char* name, const void* buffer, size_t extent, DataType type) {
  if (extent == 0) return {};
  if (buffer == nullptr) {
    return wrong(call, "{} is NULL but {} bytes are needed there; pass a host buffer, or count 0", name, extent);
  }
  if ((reinterpret_cast<uintptr_t>(buffer) & (bytes_of(type) - 1)) != 0) {  // Sizes of types are powers of two.
    return wrong(call, "{} is {}, which is not aligned to the {} bytes of {}", name, buffer, bytes_of(type),
                 name_of(type));
  }
  return {};
}

// In place means exactly the place that the header names; any other overlap would be read after it was overwritten.
Status check_overlap(const CallArguments& call, const Extents& extents, int rank) {
  if (extents.send == 0 || extents.recv == 0) return {};
  const Operation& operation = call.operation;
  const auto send = reinterpret_cast<uintptr_t>(operation.sendbuff);
  const auto recv = reinterpret_cast<uintptr_t>(operation.recvbuff);
  if (send + extents.send <= recv || recv + extents.recv <= send) return {};
  const size_t shift = static_cast<size_t>(rank) * operation.bytes();
  const uintptr_t send_place = operation.collective == Collective::all_gather ? send - shift : send;
  const uintptr_t recv_place = operation.collective == Collective::reduce_scatter ? recv - shift : recv;
  if (send_place == recv_place) return {};
  return wrong(call,
               "sendbuff {} ({} bytes) and recvbuff {} ({} bytes) overlap; use separate buffers, or in place as "
               "weft/collectives.h defines it",
               operation.sendbuff, extents.send, operation.recvbuff, extents.recv);
}

Status check_values(const CallArguments& call, int ranks) {
  const Operation& operation = call.operation;
  const auto type = static_cast<int>(operation.type), op = static_cast<int>(operation.op);
  if (call.stream != nullptr) {
    return wrong(call, "stream is {}; communicators of host memory take NULL (the call blocks)", call.stream);
  }
  if (operation.count > kCountMax) {
    return wrong(call, "count is {} ({} as a signed number); the most is 2^40 - 1 elements", operation.count,
                 static_cast<int64_t>(operation.count));
  }
  if (!data_type_of(type)) {
    return wrong(call, "datatype is {}; valid are 0 (weftInt8) to {} (weftFloat8e5m2)", type, kDataTypeCount - 1);
  }
  if (!operator_of(op)) {
    return wrong(call, "op is {}; valid are 0 (weftSum) to {} (weftAvg)", op, kOperatorCount - 1);
  }
  if (operation.root < 0 || operation.root >= ranks) {
    return wrong(call, "root is {}; the communicator has ranks 0 to {}", operation.root, ranks - 1);
  }
  return {};
}

}  // namespace

Status check_arguments(const CallArguments& call, int ranks, int rank) {
  WEFT_TRY(check_values(call, ranks));
  const Operation& operation = call.operation;
  const Extents extents = extents_of(operation, ranks, rank);
  WEFT_TRY(check_buffer(call, "sendbuff", operation.sendbuff, extents.send, operation.type));
  WEFT_TRY(check_buffer(call, "recvbuff", operation.recvbuff, extents.recv, operation.type));
  return check_overlap(call, extents, rank);
}

}  // namespace weft
