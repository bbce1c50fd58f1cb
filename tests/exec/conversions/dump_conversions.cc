// The library's conversions of the narrow floats as a filter, for check_conversions.py to compare: numbers come from
// standard input, as they lie in memory, and the answers go to standard output.
//
//   dump_conversions_TARGET targets              the names of the targets that this processor can run; use the baseline
//   dump_conversions_TARGET TYPE widen           codes to float32, as the folds of this target do
//   dump_conversions_TARGET TYPE narrow          float32 to codes, likewise
//   dump_conversions_TARGET TYPE scalar_widen    with the code of base/float_formats.h
//   dump_conversions_TARGET TYPE scalar_narrow
//   dump_conversions_TARGET TYPE sum TABLE       the fold of the first half of the codes with the second half
//   dump_conversions_TARGET TYPE prod TABLE
//
// There is one program a target, compiled with that target's flags, so that what is included here is what its folds
// use.
#define HWY_COMPILE_ONLY_STATIC
#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "exec/host_reduce_formats-inl.h"
#include "exec/host_reduce_targets.h"

namespace weft {
namespace {

constexpr size_t kBatch = 4096;  // a multiple of any number of lanes

template <class Number>
std::vector<Number> read_all() {
  std::vector<Number> numbers;
  size_t count = 0, got = 0;
  do {
    numbers.resize(count + kBatch);
    got = std::fread(numbers.data() + count, sizeof(Number), kBatch, stdin);
    count += got;
  } while (got > 0);
  numbers.resize(count);
  return numbers;
}

template <class Number>
int write_all(const std::vector<Number>& numbers) {
  return std::fwrite(numbers.data(), sizeof(Number), numbers.size(), stdout) == numbers.size() ? 0 : 1;
}

// Calls convert(from, to) for as many numbers at a time as the target has lanes.
template <class To, class From, class Convert>
int convert_all(size_t lanes, const Convert& convert) {
  std::vector<From> from = read_all<From>();
  const size_t count = from.size();
  from.resize((count + kBatch - 1) / kBatch * kBatch);
  std::vector<To> to(from.size());
  for (size_t i = 0; i < count; i += lanes) convert(from.data() + i, to.data() + i);
  to.resize(count);
  return write_all(to);
}

template <class Stored>
int fold_halves(DataType type, Operator op, std::string_view table_name) {
  const std::vector<Stored> codes = read_all<Stored>();
  std::vector<Stored> results(codes.size() / 2);
  const std::array sources = {reinterpret_cast<const std::byte*>(codes.data()),
                              reinterpret_cast<const std::byte*>(codes.data() + results.size())};
  const std::array targets = {reinterpret_cast<std::byte*>(results.data())};
  for (const FoldTable* table : runnable_folds()) {
    if (table_name != table->name) continue;
    table->fold_for(type, op)(sources, targets, results.size(), {});
    return write_all(results);
  }
  return 2;
}

template <DataType type>
int answer(std::string_view what, std::string_view table) {
  using Format = NarrowFloat<type>;
  using Stored = typename Format::Stored;
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  if (what == "widen") {
    return convert_all<float, Stored>(lanes,
                                      [&](const Stored* from, float* to) { hn::StoreU(Format::load(d, from), d, to); });
  }
  if (what == "narrow") {
    return convert_all<Stored, float>(lanes,
                                      [&](const float* from, Stored* to) { Format::store(d, hn::LoadU(d, from), to); });
  }
  if (what == "scalar_widen") {
    return convert_all<float, Stored>(1, [](const Stored* from, float* to) { *to = widen_float<type>(*from); });
  }
  if (what == "scalar_narrow") {
    return convert_all<Stored, float>(
        1, [](const float* from, Stored* to) { *to = static_cast<Stored>(narrow_float<type>(*from)); });
  }
  if (what == "sum") return fold_halves<Stored>(type, Operator::sum, table);
  if (what == "prod") return fold_halves<Stored>(type, Operator::prod, table);
  return 2;
}

int answer(std::string_view type, std::string_view what, std::string_view table) {
  if (type == name_of(DataType::float16)) return answer<DataType::float16>(what, table);
  if (type == name_of(DataType::bfloat16)) return answer<DataType::bfloat16>(what, table);
  if (type == name_of(DataType::float8_e4m3)) return answer<DataType::float8_e4m3>(what, table);
  if (type == name_of(DataType::float8_e5m2)) return answer<DataType::float8_e5m2>(what, table);
  return 2;
}

int print_targets() {
  for (const FoldTable* table : runnable_folds()) std::printf("%s\n", table->name);
  return 0;
}

}  // namespace
}  // namespace weft

int main(int count, char** words) {
  if (count == 2 && std::string_view(words[1]) == "targets") return weft::print_targets();
  const int status = count < 3 ? 2 : weft::answer(words[1], words[2], count > 3 ? words[3] : "");
  if (status != 0) std::fprintf(stderr, "%s: cannot answer that; the source says what can be asked\n", words[0]);
  return status;
}
