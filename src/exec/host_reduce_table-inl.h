// The table of one target: every data type and operator. Its translation unit includes this and defines one FoldTable.
//
// Everything is in unnamed namespaces and the folds use no inline function of the standard library that the compiler
// might emit: a copy compiled for a newer processor must never be the one the linker keeps for the whole program.
#pragma once

#include <hwy/highway.h>

#include "exec/host_reduce_copy-inl.h"
#include "exec/host_reduce_loops-inl.h"
#include "exec/host_reduce_targets.h"

namespace weft {
namespace {

// The type a folded integer is divided in; floats are divided in registers, before they are rounded.
struct NoDivision {};

template <class Number>
void divide(void* numbers, size_t elements, uint32_t divisor) {
  // Of 64 bits, signed or not, so that every uint32_t divisor is itself.
  using Wide = std::conditional_t<std::is_signed_v<Number>, int64_t, uint64_t>;
  Number* at = static_cast<Number*>(numbers);
  for (size_t i = 0; i < elements; ++i)
    at[i] = static_cast<Number>(static_cast<Wide>(at[i]) / static_cast<Wide>(divisor));
}

// The fold of FoldOptions' contract. Up to two plainly written targets come straight out of the registers; whatever
// needs more (a third target, non-temporal stores, the division of integers) takes a detour through a block in the
// first-level cache.
template <class Format, class Op, class Number>
void fold(std::span<const std::byte* const> sources, std::span<std::byte* const> targets, size_t elements,
          const FoldOptions& options) {
  using Stored = typename Format::Stored;
  constexpr bool is_integer = !std::is_same_v<Number, NoDivision>;
  if (sources.size() == 1 && options.divisor <= 1) {
    return copy(sources.data()[0], targets, elements * sizeof(Stored), options.streaming);
  }
  Job<Stored> job{.sources = reinterpret_cast<const Stored* const*>(sources.data()),
                  .source_count = sources.size(),
                  .first = 0,
                  .targets = {reinterpret_cast<Stored*>(targets.data()[0]),
                              reinterpret_cast<Stored*>(targets.data()[targets.size() - 1])},
                  .target_count = targets.size(),
                  .elements = elements,
                  .divisor = options.divisor,
                  .pairwise = options.pairwise};
  const uint32_t streaming = elements * sizeof(Stored) < kStreamedBytesMin ? 0 : options.streaming;
  if (streaming == 0 && targets.size() <= 2 && !(is_integer && options.divisor > 1)) return Loops<Format, Op>::run(job);

  constexpr size_t block = kBlockBytes / sizeof(Stored);
  alignas(kLineBytes) Stored stage[block];
  job.targets[0] = stage;
  job.target_count = 1;
  for (; job.first < elements; job.first += block) {
    job.elements = elements - job.first < block ? elements - job.first : block;
    Loops<Format, Op>::run(job);
    if constexpr (is_integer) {
      if (options.divisor > 1) divide<Number>(stage, job.elements, options.divisor);
    }
    copy_block(reinterpret_cast<const std::byte*>(stage), targets, job.first * sizeof(Stored),
               job.elements * sizeof(Stored), streaming);
  }
  if (streaming != 0) hwy::FlushStream();
}

using Row = std::array<Fold, kOperatorCount>;

// In the order of Operator: sum, prod, max, min, avg.
template <class Format, class ProductFormat, class OrderFormat, class Number>
constexpr Row row() {
  return {fold<Format, Sum, Number>, fold<ProductFormat, Product, Number>, fold<OrderFormat, Maximum, Number>,
          fold<OrderFormat, Minimum, Number>, fold<Format, Sum, Number>};
}
template <class Format>
constexpr Row float_row() {
  return row<Format, Format, Format, NoDivision>();
}
// Sums and products wrap, so they are those of the unsigned type; signs matter to order and division.
template <class Number>
constexpr Row integer_row() {
  using Bits = std::make_unsigned_t<Number>;
  using ProductFormat = std::conditional_t<sizeof(Number) == 1, WidenedByte, Whole<Bits>>;
  return row<Whole<Bits>, ProductFormat, Whole<Number>, Number>();
}

constexpr std::array<Row, kDataTypeCount> all_rows() {
  return {integer_row<int8_t>(),
          integer_row<uint8_t>(),
          integer_row<int32_t>(),
          integer_row<uint32_t>(),
          integer_row<int64_t>(),
          integer_row<uint64_t>(),
          float_row<NarrowFloat<DataType::float16>>(),
          float_row<Whole<float>>(),
          float_row<Whole<double>>(),
          float_row<NarrowFloat<DataType::bfloat16>>(),
          float_row<NarrowFloat<DataType::float8_e4m3>>(),
          float_row<NarrowFloat<DataType::float8_e5m2>>()};
}

}  // namespace
}  // namespace weft
