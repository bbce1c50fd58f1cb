// What every transport checks when it connects, and how it names a connection in errors.
#pragma once

#include <string>

#include "transport/transport.h"

namespace weft {

std::string text_of(const ConnectionId& id);
Status check_shape(const ConnectionId& id, const ConnectionShape& shape);
// Both ends must agree; the error names both.
Status compare_shapes(const ConnectionId& id, const ConnectionShape& sender, const ConnectionShape& receiver);

}  // namespace weft
