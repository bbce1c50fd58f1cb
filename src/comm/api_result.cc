// C API, chapter result: version and error strings.
#include "comm/last_error.h"
#include "weft/weft.h"

using namespace weft;

extern "C" weftResult_t weftGetVersion(int* version) {
  if (version == nullptr) {
    return report(error(Code::invalid_argument, "weftGetVersion: version is NULL; pass the address of an int"));
  }
  *version = WEFT_VERSION_CODE;
  return weftSuccess;
}

extern "C" const char* weftGetErrorString(weftResult_t result) {
  switch (result) {
    case weftSuccess:
      return "no error";
    case weftUnhandledCudaError:
      return "unhandled CUDA error";
    case weftSystemError:
      return "a system call failed";
    case weftInternalError:
      return "internal error: please report it to the weft developers";
    case weftInvalidArgument:
      return "invalid argument";
    case weftInvalidUsage:
      return "invalid usage";
    case weftRemoteError:
      return "a peer died, left or could not be reached";
    case weftInProgress:
      return "operation in progress";
    case weftTimeout:
      return "timeout";
    case weftMismatch:
      return "ranks called different collectives or disagree on the arguments";
    case weftForked:
      return "the communicator belongs to the parent of this process";
    case weftAborted:
      return "the communicator was aborted";
    case weftVersionMismatch:
      return "ranks run different versions of weft";
    case weftConfigMismatch:
      return "a WEFT_ variable is malformed or differs between ranks";
    case weftNotJoined:
      return "ranks did not come to initialisation in time";
    case weftOutOfResource:
      return "out of memory or of another resource";
  }
  return "unknown result code";
}
