// What the fingerprint costs a call: nanoseconds to pack it from the call's arguments, to move it on to the next call's
// number, and to compare it with one that arrived. The least of many short rounds, so that other programs of the
// machine do not count.
//
//   fingerprint_cost      exit status 1 if the three together cost 5 ns or more
#include <cstdio>

#include "fifo/fingerprint.h"
#include "least.h"

namespace {

constexpr double kLimitNs = 5;

// Values that the compiler must take for unknown, and results that it must take for used.
template <typename T>
void hide(T& value) {
  asm volatile("" : "+m"(value) : : "memory");
}

}  // namespace

using weft::perf::least_ns;

int main() {
  weft::CallSignature call{.sequence = 17, .count = 4096, .collective = 0, .type = 7};
  weft::Fingerprint before, mine, theirs;
  uint32_t sequence = 0;
  bool equal = false;
  const double pack_ns = least_ns([&] {
    hide(call);
    mine = pack(call);
    hide(mine);
  });
  const double advance_ns = least_ns([&] {
    hide(before);
    mine = before.at(++sequence);
    hide(mine);
  });
  const double compare_ns = least_ns([&] {
    hide(theirs);
    equal = mine == theirs;
    hide(equal);
  });
  const double all_ns = pack_ns + advance_ns + compare_ns;
  std::printf("pack      %5.2f ns  (only for a call unlike the one before)\n", pack_ns);
  std::printf("advance   %5.2f ns\ncompare   %5.2f ns\ntogether  %5.2f ns, the limit is %.0f\n", advance_ns, compare_ns,
              all_ns, kLimitNs);
  return all_ns < kLimitNs ? 0 : 1;
}
