#include "schedule/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "base/random.h"

namespace weft {
namespace {

constexpr uint64_t kLeaf = 0x6c65'6166, kMapped = 0x6d61'7070, kRounded = 0x726f'756e;

uint64_t leaf(uint32_t rank) {
  return mix64(kLeaf ^ (uint64_t{rank} << 32));
}
uint64_t mapped(uint64_t a) {
  return mix64(a ^ kMapped);
}
uint64_t rounded(uint64_t a) {
  return mix64(a ^ kRounded);
}
uint64_t added(uint64_t a, uint64_t b) {
  return mix64(std::min(a, b) * 3 + mix64(std::max(a, b)));
}

// `number(i)` is the expression of part i.
template <typename Number>
uint64_t balanced(uint32_t begin, uint32_t end, const Number& number) {
  if (end - begin == 1) return number(begin);
  const uint32_t split = begin + std::bit_floor(end - begin - 1);
  return added(balanced(begin, split, number), balanced(split, end, number));
}

template <typename Number>
uint64_t folded(uint32_t count, bool pairwise, const Number& number) {
  if (pairwise) return balanced(0, count, number);
  uint64_t result = number(0);
  for (uint32_t i = 1; i < count; ++i) result = added(result, number(i));
  return result;
}

uint64_t canonical_rounded(uint32_t begin, uint32_t end) {
  if (end - begin == 1) return leaf(begin);
  const uint32_t split = begin + std::bit_floor(end - begin - 1);
  const uint64_t left = begin + 1 == split ? leaf(begin) : rounded(canonical_rounded(begin, split));
  const uint64_t right = split + 1 == end ? leaf(split) : rounded(canonical_rounded(split, end));
  return added(left, right);
}

}  // namespace

RankSet RankSet::all(uint32_t ranks) {
  RankSet set;
  for (uint32_t rank = 0; rank < ranks; ++rank) set.add(of(rank));
  return set;
}

std::string RankSet::text() const {
  std::string text;
  for (uint32_t rank = 0; rank < kVerifyRanksMax; ++rank) {
    if (meets(of(rank))) text += fmt::format("{}{}", text.empty() ? "" : " ", rank);
  }
  return text.empty() ? "none" : text;
}

Value leaf_value(uint32_t rank, uint32_t position) {
  Value value;
  value.ranks = RankSet::of(rank);
  value.sum = mix64((uint64_t{rank} << 32) | position);
  value.expression = value.plain = leaf(rank);
  value.position = position;
  value.first = rank;
  value.end = rank + 1;
  return value;
}

const char* fold_values(std::span<const Value* const> parts, FoldFlags flags, uint32_t ranks, Value& result) {
  WEFT_ASSERT(!parts.empty());
  Value sum = *parts[0];
  for (size_t i = 1; i < parts.size(); ++i) {
    const Value& part = *parts[i];
    if (part.position != sum.position) return "adds elements of different positions";
    if (part.ranks.meets(sum.ranks)) return "adds the data of a rank twice";
    if (part.mapped || sum.mapped) return "adds to a value after the operator's last map";
    sum.ranks.add(part.ranks);
    sum.sum += part.sum;
    const bool in_order = sum.first < sum.end && part.first < part.end && sum.end == part.first;
    sum.first = in_order ? sum.first : 0;
    sum.end = in_order ? part.end : 0;
  }
  if (parts.size() > 1) {
    const auto count = static_cast<uint32_t>(parts.size());
    sum.expression = folded(count, flags.pairwise, [&](uint32_t i) { return parts[i]->expression; });
    sum.plain = folded(count, flags.pairwise, [&](uint32_t i) { return parts[i]->plain; });
  }
  if (flags.post) {
    if (sum.mapped) return "applies the operator's last map twice";
    if (sum.ranks != RankSet::all(ranks)) return "applies the operator's last map to an incomplete sum";
    sum.mapped = true;
    sum.expression = mapped(sum.expression);
    sum.plain = mapped(sum.plain);
  }
  if (parts.size() > 1 || flags.post) sum.expression = rounded(sum.expression);
  result = sum;
  return nullptr;
}

CanonicalSum canonical_sum(uint32_t ranks) {
  return {rounded(mapped(canonical_rounded(0, ranks))), mapped(balanced(0, ranks, leaf))};
}

}  // namespace weft
