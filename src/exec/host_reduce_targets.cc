#include "exec/host_reduce_targets.h"

#include <array>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace weft {
namespace {

#if defined(__x86_64__)

// What the compiler flags of a target (exec/CMakeLists.txt) allow it to use: bits of cpuid, and what the operating
// system saves when it switches threads, in extended control register 0.
struct Features {
  uint32_t leaf1_ecx = 0;
  uint32_t leaf7_ebx = 0;
  uint64_t saved_state = 0;

  bool include(const Features& needed) const {
    return (leaf1_ecx & needed.leaf1_ecx) == needed.leaf1_ecx && (leaf7_ebx & needed.leaf7_ebx) == needed.leaf7_ebx &&
           (saved_state & needed.saved_state) == needed.saved_state;
  }
};

constexpr uint32_t kSse3 = 1u << 0, kPclmul = 1u << 1, kSsse3 = 1u << 9, kFma = 1u << 12, kSse41 = 1u << 19,
                   kSse42 = 1u << 20, kPopcnt = 1u << 23, kAes = 1u << 25, kOsxsave = 1u << 27, kAvx = 1u << 28,
                   kF16c = 1u << 29;
constexpr uint32_t kBmi1 = 1u << 3, kAvx2 = 1u << 5, kBmi2 = 1u << 8, kAvx512f = 1u << 16, kAvx512dq = 1u << 17,
                   kAvx512bw = 1u << 30, kAvx512vl = 1u << 31;
constexpr uint64_t kYmmState = 0x6, kZmmState = 0xE6;

constexpr Features kAvx2Needs = {
    .leaf1_ecx = kSse3 | kPclmul | kSsse3 | kFma | kSse41 | kSse42 | kPopcnt | kAes | kOsxsave | kAvx | kF16c,
    .leaf7_ebx = kBmi1 | kAvx2 | kBmi2,
    .saved_state = kYmmState};
constexpr Features kAvx512Needs = {.leaf1_ecx = kAvx2Needs.leaf1_ecx,
                                   .leaf7_ebx = kAvx2Needs.leaf7_ebx | kAvx512f | kAvx512dq | kAvx512bw | kAvx512vl,
                                   .saved_state = kZmmState};

uint64_t saved_state() {
  uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
}

Features features_here() {
  Features here;
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0) here.leaf1_ecx = ecx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0) here.leaf7_ebx = ebx;
  // xgetbv exists only where the operating system has switched it on.
  if ((here.leaf1_ecx & kOsxsave) != 0) here.saved_state = saved_state();
  return here;
}

#endif

struct Runnable {
  std::array<const FoldTable*, 3> tables{};
  size_t count = 0;

  Runnable() {
#if defined(__x86_64__)
    const Features here = features_here();
    if (here.include(kAvx512Needs)) tables[count++] = &kAvx512Folds;
    if (here.include(kAvx2Needs)) tables[count++] = &kAvx2Folds;
#endif
    tables[count++] = &kBaselineFolds;
  }
};

}  // namespace

std::span<const FoldTable* const> runnable_folds() {
  static const Runnable runnable;
  return {runnable.tables.data(), runnable.count};
}

}  // namespace weft
