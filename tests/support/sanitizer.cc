#include "support/sanitizer.h"

#include <atomic>

#if defined(WEFT_SANITIZE_address_undefined)
#include <sanitizer/lsan_interface.h>
#endif

namespace weft::test {

#if defined(WEFT_SANITIZE_thread)
namespace {
std::atomic<int> reports{0};
}
// ThreadSanitizer calls this for every report it prints.
extern "C" __attribute__((visibility("default"))) void __tsan_on_report(void*) {
  reports.fetch_add(1);
}

std::string sanitizer_findings() {
  return reports.load() == 0 ? "" : "ThreadSanitizer made " + std::to_string(reports.load()) + " reports";
}
size_t sanitizer_threads() {
  return 1;
}

#elif defined(WEFT_SANITIZE_address_undefined)
std::string sanitizer_findings() {
  return __lsan_do_recoverable_leak_check() == 0 ? "" : "LeakSanitizer found leaks";
}
size_t sanitizer_threads() {
  return 0;
}

#else
std::string sanitizer_findings() {
  return {};
}
size_t sanitizer_threads() {
  return 0;
}
#endif

}  // namespace weft::test
