#include "bootstrap/host.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/random.h"
#include "bootstrap/secret.h"

namespace weft {

uint64_t host_identity() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  struct stat net {};
  if (!(file >> boot) || ::stat("/proc/self/ns/net", &net) != 0) {
    static const uint64_t unknown = random_word();
    return unknown;
  }
  uint64_t identity = mix64(net.st_ino);
  for (const char c : boot) identity = mix64(identity ^ static_cast<unsigned char>(c));
  return identity;
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "unknown";
}

}  // namespace weft
