// One call of a collective's C function.
#pragma once

#include <weft/weft.h>

#include "columns.h"

namespace weft::perf {

weftResult_t call(const Case& what, const Extent& extent, const std::byte* send, std::byte* recv,
                  weftComm_t communicator);
std::string_view function_of(Collective collective);

}  // namespace weft::perf
