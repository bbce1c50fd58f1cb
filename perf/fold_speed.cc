// How fast the folds of this host are: GB/s of bytes read plus bytes written, per shape and size, beside memcpy of the
// same number of bytes per target measured in the same second.
//
//   fold_speed [type] [target]      type: float32 (default), bfloat16, …;  target: avx512, avx2, baseline
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include <time.h>

#include "exec/host_reduce_targets.h"

namespace {

using weft::DataType;
using weft::FoldTable;
using weft::Operator;

struct Shape {
  const char* name;
  size_t sources;
  size_t targets;
  uint32_t streaming;
  bool pairwise;
};

constexpr Shape kShapes[] = {
    {"1->1", 1, 1, 0, false},
    {"1->1 streamed", 1, 1, 1, false},
    {"1->2", 1, 2, 0, false},
    {"2->1", 2, 1, 0, false},
    {"2->1 streamed", 2, 1, 1, false},
    {"2->2", 2, 2, 0, false},
    {"2->2 one streamed", 2, 2, 2, false},
    {"4->1", 4, 1, 0, false},
    {"4->1 tree", 4, 1, 0, true},
    {"8->1", 8, 1, 0, false},
    {"8->1 tree", 8, 1, 0, true},
    {"4->4", 4, 4, 0, false},
    {"32->1", 32, 1, 0, false},
};
constexpr size_t kSizes[] = {16u << 10, 256u << 10, 4u << 20, 64u << 20};
constexpr double kSecondsPerCell = 0.08;

double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// The best time of one call, over rounds that together take about kSecondsPerCell.
template <class Call>
double seconds_of(const Call& call) {
  call();
  const double first = now();
  call();
  const double one = now() - first;
  const size_t calls = one > 1e-3 ? 1 : static_cast<size_t>(1e-3 / (one + 1e-9)) + 1;
  double best = 1e9;
  const double end = now() + kSecondsPerCell;
  do {
    const double start = now();
    for (size_t i = 0; i < calls; ++i) call();
    const double each = (now() - start) / static_cast<double>(calls);
    if (each < best) best = each;
  } while (now() < end);
  return best;
}

class Buffers {
 public:
  Buffers(size_t count, size_t bytes) : bytes_(bytes) {
    for (size_t i = 0; i < count; ++i) {
      memory_.emplace_back(static_cast<std::byte*>(std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096)), &std::free);
      std::memset(memory_.back().get(), 0x11, bytes);
      pointers_.push_back(memory_.back().get());
    }
  }
  std::byte* const* pointers() const { return pointers_.data(); }
  size_t bytes() const { return bytes_; }

 private:
  size_t bytes_;
  std::vector<std::unique_ptr<std::byte, decltype(&std::free)>> memory_;
  std::vector<std::byte*> pointers_;
};

void measure(const FoldTable& table, DataType type, const Shape& shape) {
  const weft::Fold fold = table.fold_for(type, Operator::sum);
  const weft::FoldOptions options{.pairwise = shape.pairwise, .streaming = shape.streaming};
  std::printf("%-18s", shape.name);
  for (const size_t total : kSizes) {
    const size_t buffers = shape.sources + shape.targets;
    const size_t bytes = total / buffers / 64 * 64;
    const Buffers memory(buffers, bytes);
    const std::span sources(memory.pointers(), shape.sources);
    const std::span targets(memory.pointers() + shape.sources, shape.targets);
    const double folding = seconds_of([&] {
      fold({const_cast<const std::byte* const*>(sources.data()), sources.size()}, targets, bytes / weft::bytes_of(type),
           options);
    });
    const Buffers pair(2, total / 2);
    const double copying = seconds_of([&] { std::memcpy(pair.pointers()[0], pair.pointers()[1], pair.bytes()); });
    std::printf("  %7.1f (%6.1f)", 1e-9 * static_cast<double>(bytes * buffers) / folding,
                1e-9 * static_cast<double>(2 * pair.bytes()) / copying);
  }
  std::printf("\n");
}

void measure_call(const FoldTable& table, DataType type) {
  alignas(64) std::byte numbers[3][64] = {};
  const std::array<const std::byte*, 2> sources = {numbers[0], numbers[1]};
  const std::array<std::byte*, 1> targets = {numbers[2]};
  const weft::Fold fold = table.fold_for(type, Operator::sum);
  for (const size_t bytes : {8, 24, 56}) {
    const double two = seconds_of([&] { fold(sources, targets, bytes / weft::bytes_of(type), {}); });
    const double one =
        seconds_of([&] { fold(std::span(sources).first(1), targets, bytes / weft::bytes_of(type), {}); });
    std::printf("%2zu bytes: 2->1 %.1f ns, 1->1 %.1f ns\n", bytes, 1e9 * two, 1e9 * one);
  }
}

}  // namespace

int main(int count, char** words) {
  const std::string_view wanted_type = count > 1 ? words[1] : "float32";
  const std::string_view wanted_target = count > 2 ? words[2] : "";
  for (const FoldTable* table : weft::runnable_folds()) {
    if (!wanted_target.empty() && wanted_target != table->name) continue;
    for (int t = 0; t < weft::kDataTypeCount; ++t) {
      const auto type = static_cast<DataType>(t);
      if (weft::name_of(type) != wanted_type) continue;
      std::printf("%s, sum, %s; GB/s of all bytes read and written, in brackets memcpy\n",
                  words[1] ? words[1] : "float32", table->name);
      std::printf("%-18s  %16s  %16s  %16s  %16s\n", "bytes in all", "16 KiB", "256 KiB", "4 MiB", "64 MiB");
      for (const Shape& shape : kShapes) measure(*table, type, shape);
      measure_call(*table, type);
      return 0;
    }
  }
  std::fprintf(stderr, "fold_speed: no type '%s' or no target '%s' on this processor\n", wanted_type.data(),
               wanted_target.data());
  return 1;
}
