// Prints docs/environment.md, which is generated from the rows of base/config.cc.
#include <cstdio>

#include "base/config.h"

int main() {
  std::fputs(weft::environment_page().c_str(), stdout);
  return 0;
}
