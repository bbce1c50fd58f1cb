// C API, chapter memory.
#include "comm/last_error.h"
#include "transport/shared_memory.h"
#include "weft/weft.h"

using namespace weft;

extern "C" weftResult_t weftMemAlloc(void** pointer, size_t size) {
  if (pointer == nullptr) {
    return report(error(Code::invalid_argument, "weftMemAlloc: pointer is NULL; pass the address of a void*"));
  }
  if (size == 0) return report(error(Code::invalid_argument, "weftMemAlloc: size is 0; ask for at least one byte"));
  return answer([&]() -> Status {
    WEFT_TRY_ASSIGN(*pointer, SharedMemory::allocate(size));
    return {};
  });
}

extern "C" weftResult_t weftMemFree(void* pointer) {
  return pointer == nullptr ? weftSuccess : answer([&] { return SharedMemory::free(pointer); });
}
