#include "columns.h"

#include <algorithm>
#include <cstring>

#include "base/random.h"

namespace weft::perf {
namespace {

constexpr std::byte kPoison{0xA5};

// Calls with a value of the type's width, so that loops over elements move whole elements.
template <typename Body>
auto with_width(DataType type, Body&& body) {
  switch (bytes_of(type)) {
    case 1:
      return body(uint8_t{});
    case 2:
      return body(uint16_t{});
    case 4:
      return body(uint32_t{});
    default:
      return body(uint64_t{});
  }
}

template <typename Word>
uint64_t word_at(const std::byte* at, size_t i) {
  Word word;
  std::memcpy(&word, at + i * sizeof(Word), sizeof word);
  return word;
}

}  // namespace

Columns::Columns(const Case& what, uint64_t seed) : what_(what), seed_(mix64(seed)) {
  own_ = inputs_of(what.rank);
  std::vector<Inputs> all;
  for (int rank = 0; rank < what.ranks; ++rank)
    if (what.collective != Collective::broadcast || rank == what.root) all.push_back(inputs_of(rank));
  if (!is_reduction(what.collective)) {
    copied_ = std::move(all);
    return;
  }
  if (!receives()) return;
  for (size_t column = 0; column < kColumns; ++column) reduced_.push_back(reduced(all, column));
}

bool Columns::sends() const {
  return what_.collective != Collective::broadcast || what_.rank == what_.root;
}

bool Columns::receives() const {
  return what_.collective != Collective::reduce || what_.rank == what_.root;
}

Columns::Inputs Columns::inputs_of(int rank) const {
  const bool extreme = what_.op == Operator::min || what_.op == Operator::max;
  test::Inputs exact{what_.type, what_.op, test::Values::exact, what_.ranks, seed_};
  test::Inputs full = exact;
  full.values = extreme ? test::Values::any_bits : test::Values::finite;
  // A product of more factors than this would overflow the narrowest type.
  if (what_.op == Operator::prod && what_.ranks > 48) full.values = test::Values::exact;
  if (!is_reduction(what_.collective)) {  // copies move any bits
    exact.op = full.op = Operator::max;
    full.values = test::Values::any_bits;
  }
  Inputs inputs;
  for (size_t column = 0; column < kColumns; ++column)
    inputs.push_back(test::input_bits(column < kColumns / 2 ? exact : full, rank, column));
  return inputs;
}

Columns::Answer Columns::reduced(const std::vector<Inputs>& inputs, size_t column) const {
  std::vector<uint64_t> sources;
  for (const Inputs& rank : inputs) sources.push_back(rank[column]);
  const test::Allowed allowed = test::allowed_result(what_.type, what_.op, sources);
  if (allowed.nan) return {sources[0], allowed};
  const auto middle =
      static_cast<int64_t>(static_cast<uint64_t>(allowed.least) +
                           (static_cast<uint64_t>(allowed.most) - static_cast<uint64_t>(allowed.least) + 1) / 2);
  return {test::bits_of_rank(what_.type, middle), allowed};
}

size_t Columns::column_of(uint64_t index) const {
  return mix64(index ^ shuffle_) % kColumns;
}

void Columns::shuffle(uint64_t repetition) {
  shuffle_ = mix64(seed_ + repetition);
}

// All blocks of reduce_scatter's send buffer are one vector; the k-th block of all_gather's result starts anew.
void Columns::fill(const Extent& extent, std::byte* send) const {
  if (!sends()) return;
  with_width(what_.type, [&](auto word) {
    for (size_t i = 0; i < extent.send_count; ++i) {
      word = static_cast<decltype(word)>(own_[column_of(i)]);
      std::memcpy(send + i * sizeof word, &word, sizeof word);
    }
  });
}

int64_t Columns::wrong_sent(const Extent& extent, const std::byte* send) const {
  if (!sends()) return 0;
  return with_width(what_.type, [&](auto word) {
    int64_t wrong = 0;
    for (size_t i = 0; i < extent.send_count; ++i)
      wrong += word_at<decltype(word)>(send, i) != own_[column_of(i)] ? 1 : 0;
    return wrong;
  });
}

int64_t Columns::wrong_received(const Extent& extent, const std::byte* recv) const {
  if (!receives()) return 0;
  const bool scattered = what_.collective == Collective::reduce_scatter;
  const uint64_t first = scattered ? extent.recv_count * static_cast<uint64_t>(what_.rank) : 0;
  return with_width(what_.type, [&](auto word) {
    int64_t wrong = 0;
    if (is_reduction(what_.collective)) {
      for (size_t i = 0; i < extent.recv_count; ++i) {
        const Answer& answer = reduced_[column_of(first + i)];
        const uint64_t got = word_at<decltype(word)>(recv, i);
        // A NaN has many forms, so that answer is always asked for.
        if (got == answer.bits && !answer.allowed.nan) continue;
        wrong += answer.allowed.accepts(what_.type, got) ? 0 : 1;
      }
      return wrong;
    }
    const size_t block = extent.recv_count / copied_.size();
    for (size_t i = 0; i < extent.recv_count; ++i)
      wrong += word_at<decltype(word)>(recv, i) != copied_[i / block][column_of(i % block)] ? 1 : 0;
    return wrong;
  });
}

void poison(std::byte* at, size_t bytes) {
  std::fill_n(at, bytes, kPoison);
}

int64_t bytes_not_poison(const std::byte* at, size_t bytes) {
  return std::count_if(at, at + bytes, [](std::byte byte) { return byte != kPoison; });
}

uint64_t checksum(const std::byte* at, size_t bytes) {
  uint64_t sum = bytes;
  size_t i = 0;
  for (; i + 8 <= bytes; i += 8) sum = mix64(sum ^ word_at<uint64_t>(at + i, 0));
  for (; i < bytes; ++i) sum = mix64(sum ^ std::to_integer<uint64_t>(at[i]));
  return sum;
}

}  // namespace weft::perf
