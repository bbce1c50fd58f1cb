// The loops of a fold over one contiguous range; internal linkage, as in host_reduce_formats-inl.h.
//
// A group of lanes is loaded from every source, folded in registers, and only then written: so a target may be a
// source. The main loops handle four vectors a turn; the ragged end goes through ever narrower vectors, down to one
// lane, with the same code, so the bits of an element never depend on where it lies in the range.
#pragma once

#include <hwy/highway.h>

#include "exec/host_reduce_formats-inl.h"
#include "exec/host_reduce_operators-inl.h"

namespace weft {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// What one call folds, typed. Lives on the stack of the call.
template <class Stored>
struct Job {
  const Stored* const* sources;
  size_t source_count;
  size_t first;  // of the elements of the sources; targets start at their pointer
  Stored* targets[2];
  size_t target_count;  // 1 or 2
  size_t elements;
  uint32_t divisor;  // at most 1: none
  bool pairwise;
};

// Vectors in a group. The loops over a group are unrolled by pragma, which gcc and clang know: only then does an array
// of vectors become registers. Left to -O2, a fold of three sources or more takes two to seven times as long.
constexpr size_t kUnroll = 4;
// A balanced tree over 2^32 sources would need no more.
constexpr size_t kTreeDepth = 32;

template <class Format, class Op>
class Loops {
  using Stored = typename Format::Stored;
  using Folded = typename Format::Folded;
  using FullTag = hn::ScalableTag<Folded>;
  static constexpr size_t kLanes = HWY_LANES(Folded);
  static constexpr size_t kMiddleLanes = kLanes >= 16 ? 8 : (kLanes + 1) / 2;

 public:
  static void run(const Job<Stored>& job) {
    size_t at = 0;
    const bool is_tree = job.pairwise && job.source_count > 3;
    if (job.elements >= kUnroll * kLanes) {
      if (job.source_count == 2 && job.divisor <= 1) {
        at = job.target_count == 1 ? fold_two<1>(job) : fold_two<2>(job);
      } else {
        at = is_tree ? fold_all<kUnroll, FullTag, true>(job, 0) : fold_all<kUnroll, FullTag, false>(job, 0);
      }
    }
    if (at < job.elements) is_tree ? fold_rest<true>(job, at) : fold_rest<false>(job, at);
  }

 private:
  template <size_t kTargets>
  static size_t fold_two(const Job<Stored>& job) {
    const FullTag d;
    const Stored* left = job.sources[0] + job.first;
    const Stored* right = job.sources[1] + job.first;
    Stored* target0 = job.targets[0];
    Stored* target1 = job.targets[kTargets - 1];
    size_t at = 0;
    for (; at + kUnroll * kLanes <= job.elements; at += kUnroll * kLanes) {
      hn::Vec<FullTag> folded[kUnroll];
#pragma GCC unroll kUnroll
      for (size_t u = 0; u < kUnroll; ++u) {
        folded[u] = Op::apply(Format::load(d, left + at + u * kLanes), Format::load(d, right + at + u * kLanes));
      }
#pragma GCC unroll kUnroll
      for (size_t u = 0; u < kUnroll; ++u) {
        Format::store(d, folded[u], target0 + at + u * kLanes);
        if (kTargets == 2) Format::store(d, folded[u], target1 + at + u * kLanes);
      }
    }
    return at;
  }

  // From `at` to where less than a group is left; returns that place.
  template <size_t kVectors, class D, bool kTree>
  static HWY_INLINE size_t fold_all(const Job<Stored>& job, size_t at) {
    constexpr size_t lanes = hn::MaxLanes(D());
    const D d;
    for (; at + kVectors * lanes <= job.elements; at += kVectors * lanes) {
      hn::Vec<D> folded[kVectors];
      if constexpr (kTree) {
        tree<kVectors>(d, job, at, folded);
      } else {
        from_left<kVectors>(d, job, at, folded);
      }
      finish<kVectors>(d, job, at, folded);
    }
    return at;
  }

  template <bool kTree>
  static HWY_NOINLINE void fold_rest(const Job<Stored>& job, size_t at) {
    at = fold_all<1, FullTag, kTree>(job, at);
    if (kMiddleLanes > 1) at = fold_all<1, hn::CappedTag<Folded, kMiddleLanes>, kTree>(job, at);
    fold_all<1, hn::CappedTag<Folded, 1>, kTree>(job, at);
  }

  template <size_t kVectors, class D>
  static HWY_INLINE void load(D d, const Job<Stored>& job, size_t source, size_t at, hn::Vec<D>* loaded) {
    const Stored* from = job.sources[source] + job.first + at;
#pragma GCC unroll kUnroll
    for (size_t u = 0; u < kVectors; ++u) loaded[u] = Format::load(d, from + u * hn::MaxLanes(d));
  }

  template <size_t kVectors, class D>
  static HWY_INLINE void from_left(D d, const Job<Stored>& job, size_t at, hn::Vec<D>* folded) {
    load<kVectors>(d, job, 0, at, folded);
    for (size_t s = 1; s < job.source_count; ++s) {
      hn::Vec<D> next[kVectors];
      load<kVectors>(d, job, s, at, next);
#pragma GCC unroll kUnroll
      for (size_t u = 0; u < kVectors; ++u) folded[u] = Op::apply(folded[u], next[u]);
    }
  }

  // The sources are taken in order. `folded` is the last complete subtree, `pending` those before it, larger to
  // smaller: together one for each bit of the number of sources taken. A new source joins as many as adding one to that
  // number carries through.
  template <size_t kVectors, class D>
  static HWY_INLINE void tree(D d, const Job<Stored>& job, size_t at, hn::Vec<D>* folded) {
    hn::Vec<D> pending[kTreeDepth][kVectors];
    size_t depth = 0;
    load<kVectors>(d, job, 0, at, folded);
    for (size_t s = 1; s < job.source_count; ++s) {
#pragma GCC unroll kUnroll
      for (size_t u = 0; u < kVectors; ++u) pending[depth][u] = folded[u];
      ++depth;
      load<kVectors>(d, job, s, at, folded);
      for (size_t carry = s; carry & 1; carry >>= 1) join<kVectors, D>(pending[--depth], folded);
    }
    while (depth > 0) join<kVectors, D>(pending[--depth], folded);
  }

  template <size_t kVectors, class D>
  static HWY_INLINE void join(const hn::Vec<D>* left, hn::Vec<D>* folded) {
#pragma GCC unroll kUnroll
    for (size_t u = 0; u < kVectors; ++u) folded[u] = Op::apply(left[u], folded[u]);
  }

  template <size_t kVectors, class D>
  static HWY_INLINE void finish(D d, const Job<Stored>& job, size_t at, hn::Vec<D>* folded) {
    if constexpr (hwy::IsFloat<Folded>()) {
      if (job.divisor > 1) {
        const auto divisor = hn::Set(d, static_cast<Folded>(job.divisor));
#pragma GCC unroll kUnroll
        for (size_t u = 0; u < kVectors; ++u) folded[u] = hn::Div(folded[u], divisor);
      }
    }
#pragma GCC unroll kUnroll
    for (size_t u = 0; u < kVectors; ++u) {
      const size_t offset = at + u * hn::MaxLanes(d);
      Format::store(d, folded[u], job.targets[0] + offset);
      if (job.target_count == 2) Format::store(d, folded[u], job.targets[1] + offset);
    }
  }
};

}  // namespace
}  // namespace weft
