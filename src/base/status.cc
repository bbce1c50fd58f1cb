#include "base/status.h"

#include <cstring>

namespace weft {

std::string errno_text(int number) {
  char buffer[128];
  return strerror_r(number, buffer, sizeof buffer);  // The GNU form: returns the text, wherever it lies.
}

}  // namespace weft
