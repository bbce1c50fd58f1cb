#include "chaos/stream.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace weft::test {
namespace {

constexpr size_t kPoolBytes = size_t{512} << 10;
constexpr size_t kPhases = 64, kStarts = 16, kStartBytes = 8;
constexpr size_t kSlackBytes = kPhases * 8 + kStarts * kStartBytes;
constexpr size_t kHeavyBytes[] = {64, 4096, 65'536, 262'144, kPoolBytes - kSlackBytes, kPoolBytes - kSlackBytes};
constexpr size_t kLightBytes[] = {8, 64, 400, 4096, 16'384, 65'536};
constexpr weftDataType_t kTypes[] = {weftInt32, weftInt64, weftFloat32, weftFloat64};
constexpr weftRedOp_t kOperators[] = {weftSum, weftMax, weftMin};
constexpr size_t kNearBytes = 256;  // looked at after every operation; all of it after the last

// What rank 0 puts at each element; rank r puts r + 1 times as much. So small that every sum is exact in every type.
const std::vector<uint16_t>& table() {
  static const std::vector<uint16_t> values = [] {
    std::vector<uint16_t> drawn(kPoolBytes / sizeof(int32_t));
    for (size_t i = 0; i < drawn.size(); ++i) drawn[i] = static_cast<uint16_t>(1 + mix64(i) % 4095);
    return drawn;
  }();
  return values;
}
const std::vector<uint16_t>& made_before_any_fork = table();

template <typename T>
void put(std::byte* place, size_t from, size_t count, int factor) {
  T* const target = reinterpret_cast<T*>(place);
  const uint16_t* const values = table().data() + from;
  for (size_t i = 0; i < count; ++i) target[i] = static_cast<T>(static_cast<T>(factor) * static_cast<T>(values[i]));
}

// Without a way out in the middle, so that the compiler can take many elements at a time.
template <typename T>
bool holds(const std::byte* place, size_t from, size_t count, int factor) {
  const T* const source = reinterpret_cast<const T*>(place);
  const uint16_t* const values = table().data() + from;
  bool wrong = false;
  for (size_t i = 0; i < count; ++i) wrong |= source[i] != static_cast<T>(factor) * static_cast<T>(values[i]);
  return !wrong;
}

template <typename Visit>
auto with_type(weftDataType_t type, Visit&& visit) {
  switch (type) {
    case weftInt32:
      return visit(int32_t{});
    case weftInt64:
      return visit(int64_t{});
    case weftFloat32:
      return visit(float{});
    default:
      return visit(double{});
  }
}

}  // namespace

Stream::Stream(weftComm_t comm, int ranks, int rank, uint64_t seed, Load load)
    : comm_(comm), ranks_(ranks), rank_(rank), load_(load), random_(mix64(seed)), output_(kPoolBytes) {}

weftResult_t Stream::run_next() {
  call_ = draw();
  with_type(call_.type, [&](auto zero) { lay_out<decltype(zero)>(); });
  ++called_;
  const weftResult_t result = make();
  if (result != weftSuccess) return result;
  const size_t first_byte = call_.start, last_byte = call_.start + region() * element_bytes();
  if (!with_type(call_.type, [&](auto zero) { return is_exact<decltype(zero)>(); })) fail("a wrong result");
  if (!with_type(call_.type, [&](auto zero) { return input_is_left<decltype(zero)>(); })) fail("input overwritten");
  if (!output_.rests_around(first_byte, last_byte, kNearBytes)) fail("bytes beside the output overwritten");
  output_.put_to_rest(first_byte, last_byte);
  call_.count = 0;  // Nothing is lent any more.
  return result;
}

Stream::Call Stream::draw() {
  const auto one_of = [&](const auto& choices) { return choices[random_.below(std::size(choices))]; };
  Call call;
  call.kind = static_cast<Kind>(random_.below(5));
  call.type = one_of(kTypes);
  call.op = one_of(kOperators);
  const size_t bytes = load_ == Load::heavy ? one_of(kHeavyBytes) : one_of(kLightBytes);
  const bool blocked = call.kind == Kind::reduce_scatter || call.kind == Kind::all_gather;
  const size_t type_bytes = with_type(call.type, [](auto zero) { return sizeof zero; });
  call.count = std::max<size_t>(1, bytes / type_bytes / (blocked ? blocks() : 1));
  call.root = static_cast<int>(random_.below(blocks()));
  call.in_place = random_.below(4) == 0;
  call.phase = random_.below(kPhases);
  call.start = random_.below(kStarts) * kStartBytes;
  return call;
}

// Before the call: the input where it should be, the rest of the output buffer at rest.
template <typename T>
void Stream::lay_out() {
  const auto [entry, fresh] = inputs_.try_emplace(call_.type, kPoolBytes);
  if (fresh) put<T>(entry->second.at(0), 0, kPoolBytes / sizeof(T), rank_ + 1);
  if (!call_.in_place) return;
  const bool rooted = call_.kind == Kind::broadcast || call_.kind == Kind::reduce;
  if (rooted && rank_ != call_.root) return;
  const size_t mine = call_.kind == Kind::all_gather ? static_cast<size_t>(rank_) * call_.count : 0;
  const size_t count = call_.kind == Kind::reduce_scatter ? region() : call_.count;
  std::memcpy(region_at(mine), inputs_.at(call_.type).at(call_.phase * sizeof(T)), count * sizeof(T));
}

const std::byte* Stream::input() const {
  if (!call_.in_place || (call_.kind == Kind::reduce && rank_ != call_.root))
    return inputs_.at(call_.type).at(call_.phase * element_bytes());
  return region_at(call_.kind == Kind::all_gather ? static_cast<size_t>(rank_) * call_.count : 0);
}

weftResult_t Stream::make() {
  const Call& it = call_;
  std::byte* const out = region_at(first());
  switch (it.kind) {
    case Kind::all_reduce:
      return weftAllReduce(input(), out, it.count, it.type, it.op, comm_, nullptr);
    case Kind::reduce_scatter:
      return weftReduceScatter(input(), out, it.count, it.type, it.op, comm_, nullptr);
    case Kind::all_gather:
      return weftAllGather(input(), out, it.count, it.type, comm_, nullptr);
    case Kind::broadcast:
      return weftBroadcast(input(), out, it.count, it.type, it.root, comm_, nullptr);
    case Kind::reduce:
      return weftReduce(input(), out, it.count, it.type, it.op, it.root, comm_, nullptr);
  }
  return weftInternalError;
}

size_t Stream::element_bytes() const {
  return with_type(call_.type, [](auto zero) { return sizeof zero; });
}

size_t Stream::region() const {
  if (call_.kind == Kind::reduce && rank_ != call_.root) return 0;
  return call_.kind == Kind::all_gather || scatters_in_place() ? blocks() * call_.count : call_.count;
}

size_t Stream::written() const {
  return scatters_in_place() ? call_.count : region();
}

// By how much an element of the result is larger than rank 0's.
int Stream::factor() const {
  if (call_.kind == Kind::broadcast) return call_.root + 1;
  if (call_.op == weftSum) return ranks_ * (ranks_ + 1) / 2;
  return call_.op == weftMax ? ranks_ : 1;
}

template <typename T>
bool Stream::is_exact() const {
  if (call_.kind == Kind::all_gather) {
    bool exact = true;
    for (size_t block = 0; block < blocks(); ++block)
      exact &= holds<T>(region_at(block * call_.count), call_.phase, call_.count, static_cast<int>(block) + 1);
    return exact;
  }
  const size_t from = call_.kind == Kind::reduce_scatter ? static_cast<size_t>(rank_) * call_.count : 0;
  return holds<T>(region_at(first()), call_.phase + from, written(), factor());
}

// In place, reduce_scatter may write its own block only.
template <typename T>
bool Stream::input_is_left() const {
  if (!scatters_in_place()) return true;
  const size_t after = first() + call_.count;
  return holds<T>(region_at(0), call_.phase, first(), rank_ + 1) &&
         holds<T>(region_at(after), call_.phase + after, region() - after, rank_ + 1);
}

void Stream::expect_untouched() {
  if (called_ == 0) return;
  if (!with_type(call_.type, [&](auto zero) { return input_is_left<decltype(zero)>(); })) fail("input overwritten");
  if (!output_.rests_around(call_.start, call_.start + region() * element_bytes())) fail("output buffer overwritten");
  for (const auto& entry : inputs_) {
    const Guarded& pool = entry.second;
    const bool left = with_type(entry.first, [&](auto zero) {
      return holds<decltype(zero)>(pool.at(0), 0, kPoolBytes / sizeof zero, rank_ + 1);
    });
    if (!left || !pool.rests_around(0, kPoolBytes)) fail("an input buffer overwritten");
  }
}

void Stream::fail(const char* what) {
  right_ = false;
  ADD_FAILURE() << what << ": operation " << called_ << " of this stream, kind " << static_cast<int>(call_.kind)
                << ", type " << call_.type << ", operator " << call_.op << ", count " << call_.count << ", root "
                << call_.root << (call_.in_place ? ", in place" : "");
}

}  // namespace weft::test
