// The copies of a fold: one source to m targets, bits unchanged; internal linkage, as in host_reduce_formats-inl.h.
// Plain copies go through the C library's memcpy, which no loop of ours beats at any size; only non-temporal stores
// below the library's own threshold need a loop.
#pragma once

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstring>
#include <span>

#include "exec/host_reduce.h"

namespace weft {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// A block that stays in the first-level cache while it is written to several targets.
constexpr size_t kBlockBytes = 4096;
constexpr size_t kLineBytes = 64;
// Below this, non-temporal stores and their fence cost more than they save.
constexpr size_t kStreamedBytesMin = 512;

inline bool is_streamed(uint32_t streaming, size_t target) {
  return target < 32 && (streaming >> target & 1) != 0;
}

// Whole cache lines with non-temporal stores, the ragged ends with plain ones. The caller fences.
inline void stream_bytes(const uint8_t* source, uint8_t* target, size_t bytes) {
  const hn::ScalableTag<uint8_t> tag;
  constexpr size_t lanes = HWY_LANES(uint8_t);
  if constexpr (lanes < 16) {
    std::memcpy(target, source, bytes);
    return;
  }
  const size_t head = -reinterpret_cast<uintptr_t>(target) % kLineBytes;
  if (head >= bytes) {
    std::memcpy(target, source, bytes);
    return;
  }
  std::memcpy(target, source, head);
  size_t at = head;
  for (; at + kLineBytes <= bytes; at += kLineBytes) {
    for (size_t part = 0; part < kLineBytes; part += lanes) {
      hn::Stream(hn::LoadU(tag, source + at + part), tag, target + at + part);
    }
  }
  std::memcpy(target + at, source + at, bytes - at);
}

inline void copy_block(const std::byte* source, std::span<std::byte* const> targets, size_t at, size_t bytes,
                       uint32_t streaming) {
  for (size_t t = 0; t < targets.size(); ++t) {
    std::byte* target = targets.data()[t] + at;
    if (target == source) continue;
    if (is_streamed(streaming, t)) {
      stream_bytes(reinterpret_cast<const uint8_t*>(source), reinterpret_cast<uint8_t*>(target), bytes);
    } else {
      std::memcpy(target, source, bytes);
    }
  }
}

inline void copy(const std::byte* source, std::span<std::byte* const> targets, size_t bytes, uint32_t streaming) {
  if (bytes == 0) return;  // The pointers of an empty buffer may be null, which memcpy must not see.
  if (bytes < kStreamedBytesMin) streaming = 0;
  if (targets.size() == 1) {
    copy_block(source, targets, 0, bytes, streaming);
  } else {
    for (size_t at = 0; at < bytes; at += kBlockBytes) {
      copy_block(source + at, targets, at, bytes - at < kBlockBytes ? bytes - at : kBlockBytes, streaming);
    }
  }
  if (streaming != 0) hwy::FlushStream();
}

}  // namespace
}  // namespace weft
