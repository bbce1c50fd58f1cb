#include "exec/host_reduce_targets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "exec/fold_inputs.h"
#include "exec/scalar_fold.h"
#include "support/number.h"
#include "support/seed.h"

namespace weft::test {
namespace {

constexpr size_t kCounts[] = {0, 1, 3, 7, 15, 16, 17, 31, 63, 64, 65, 127, 1000, 1021};
constexpr size_t kCountMax = 1021;
constexpr size_t kSourceCounts[] = {1, 2, 3, 5, 8};
constexpr size_t kSourcesMax = 8, kTargetsMax = 3;
constexpr uint32_t kDivisors[] = {1, 3, 1000, 0xFFFFFFFF};
constexpr size_t kGuardBytes = 64;
constexpr std::byte kGuard{0xA5};
// Sanitizers make a fold about a hundred times slower. There a formula takes every 11th of its calls, the next formula
// the ones beside those: so each still happens, for some operator, number of sources and divisor.
#if defined(WEFT_SANITIZE_address_undefined) || defined(WEFT_SANITIZE_thread)
constexpr size_t kCallStep = 11;
#else
constexpr size_t kCallStep = 1;
#endif

enum class InPlace { none, first, crossed };  // first: target 0 is source 0; crossed: target t is the t-th last source

// Room for a buffer of any count that starts any number of elements behind a cache line, with guards around it.
class Room {
 public:
  void place(size_t shift_bytes) { start_ = bytes_ + kGuardBytes + shift_bytes % 64; }
  std::byte* start() { return start_; }
  void guard(size_t length) { std::memset(start_ - kGuardBytes, static_cast<int>(kGuard), length + 2 * kGuardBytes); }
  bool is_guarded(size_t length) const {
    const auto is_guard = [](std::byte byte) { return byte == kGuard; };
    return std::all_of(start_ - kGuardBytes, start_, is_guard) &&
           std::all_of(start_ + length, start_ + length + kGuardBytes, is_guard);
  }

 private:
  alignas(64) std::byte bytes_[2 * kGuardBytes + 64 + kCountMax * 8];
  std::byte* start_ = nullptr;
};

// One fold of one type, with everything but the table and the shape of the call.
struct Formula {
  DataType type;
  Operator op;
  size_t sources;
  uint32_t divisor;
  bool pairwise;
};

// How it is called.
struct Call {
  size_t count;
  size_t targets;
  uint32_t streaming;
  InPlace in_place;
};

std::vector<Call> calls() {
  std::vector<Call> all;
  for (const size_t count : kCounts) {
    for (size_t targets = 1; targets <= kTargetsMax; ++targets) {
      const uint32_t every = (1u << targets) - 1;
      // So little is never streamed, whatever the option says.
      const uint32_t step = count < 64 ? every : 1;
      for (uint32_t streaming = 0; streaming <= every; streaming += step) {
        for (const InPlace in_place : {InPlace::none, InPlace::first, InPlace::crossed}) {
          all.push_back({count, targets, streaming, in_place});
        }
      }
    }
  }
  return all;
}

class EveryType : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    const auto bits = fold_inputs(type_, kSourcesMax, kCountMax, seed());
    for (size_t s = 0; s < kSourcesMax; ++s) inputs_[s] = stored(bits[s]);
    bits_ = bits;
  }

  // Runs every call of every table and compares.
  void check(const Formula& formula) {
    const std::vector<std::byte> expected = expected_of(formula);
    for (size_t s = 0; s < formula.sources; ++s) sources_[s].place((turn_ + 5 * s) * bytes_of(type_));
    for (size_t s = 0; s < formula.sources; ++s) restore(s, kCountMax * bytes_of(type_));
    static const std::vector<Call> all = calls();
    ++formulas_;
    for (const FoldTable* table : runnable_folds()) {
      for (size_t c = formulas_ % kCallStep; c < all.size(); c += kCallStep) {
        const Call& call = all[c];
        const std::string wrong = wrong_of(table->fold_for(type_, formula.op), formula, call, expected);
        ASSERT_EQ(wrong, "") << table->name << " " << name_of(type_) << " " << name_of(formula.op) << " "
                             << formula.sources << "->" << call.targets << " count " << call.count << " divisor "
                             << formula.divisor << (formula.pairwise ? " pairwise" : "") << " streaming "
                             << call.streaming << " in place " << static_cast<int>(call.in_place) << " seed " << seed();
      }
    }
    for (size_t s = 0; s < formula.sources; ++s) {
      ASSERT_TRUE(std::equal(inputs_[s].begin(), inputs_[s].end(), sources_[s].start())) << "source " << s;
    }
  }

  const DataType type_ = *data_type_of(GetParam());

 private:
  std::vector<std::byte> stored(const std::vector<uint64_t>& bits) const {
    std::vector<std::byte> bytes(bits.size() * bytes_of(type_));
    for (size_t i = 0; i < bits.size(); ++i) store_bits(type_, bits[i], bytes.data() + i * bytes_of(type_));
    return bytes;
  }

  std::vector<std::byte> expected_of(const Formula& formula) const {
    std::vector<uint64_t> results(kCountMax), element(formula.sources);
    for (size_t i = 0; i < kCountMax; ++i) {
      for (size_t s = 0; s < formula.sources; ++s) element[s] = bits_[s][i];
      results[i] = scalar_fold(type_, formula.op, element, formula.divisor, formula.pairwise);
    }
    return stored(results);
  }

  void restore(size_t source, size_t bytes) { std::memcpy(sources_[source].start(), inputs_[source].data(), bytes); }

  // The source that the target is, or kSourcesMax.
  static size_t source_at(const Formula& formula, const Call& call, size_t target) {
    if (call.in_place == InPlace::first && target == 0) return 0;
    if (call.in_place == InPlace::crossed && target < formula.sources) return formula.sources - 1 - target;
    return kSourcesMax;
  }

  std::string wrong_of(Fold fold, const Formula& formula, const Call& call, const std::vector<std::byte>& expected) {
    const size_t bytes = call.count * bytes_of(type_);
    std::vector<const std::byte*> from;
    std::vector<std::byte*> to;
    for (size_t s = 0; s < formula.sources; ++s) from.push_back(sources_[s].start());
    for (size_t t = 0; t < call.targets; ++t) {
      const size_t source = source_at(formula, call, t);
      targets_[t].place(++turn_ * bytes_of(type_));
      targets_[t].guard(bytes);
      to.push_back(source < kSourcesMax ? sources_[source].start() : targets_[t].start());
    }
    fold(from, to, call.count, {.divisor = formula.divisor, .pairwise = formula.pairwise, .streaming = call.streaming});
    std::string wrong;
    for (size_t t = 0; t < call.targets; ++t) {
      if (!targets_[t].is_guarded(bytes)) wrong += "wrote beside target " + std::to_string(t) + "; ";
      wrong += first_difference(to[t], expected.data(), call.count);
      if (const size_t source = source_at(formula, call, t); source < kSourcesMax) restore(source, bytes);
    }
    return wrong;
  }

  std::string first_difference(const std::byte* got, const std::byte* due, size_t count) const {
    const size_t bytes = bytes_of(type_);
    if (std::memcmp(got, due, count * bytes) == 0) return "";
    size_t i = 0;
    while (std::memcmp(got + i * bytes, due + i * bytes, bytes) == 0) ++i;
    const auto text = [&](const std::byte* at) { return std::to_string(load_bits(type_, at + i * bytes)); };
    return "element " + std::to_string(i) + " has bits " + text(got) + ", due are " + text(due) + "; ";
  }

  size_t formulas_ = 0;
  size_t turn_ = 0;  // counts up, so that every alignment meets every shape
  std::vector<std::vector<uint64_t>> bits_;
  std::vector<std::byte> inputs_[kSourcesMax];  // the same, as they lie in memory
  Room sources_[kSourcesMax], targets_[kTargetsMax];
};
INSTANTIATE_TEST_SUITE_P(HostReduceTargets, EveryType, ::testing::Range(0, kDataTypeCount),
                         [](const auto& param) { return std::string(name_of(*data_type_of(param.param))); });

// every operator; 1 to 8 sources and 1 to 3 targets; odd counts at odd addresses; in place; streamed; from the left and
// as trees; divided; of numbers that overflow, vanish and are none
// expect: from every instruction set of this processor the bits of the scalar fold, and nothing written elsewhere
TEST_P(EveryType, folds_to_the_same_bits) {
  for (int op = 0; op < kOperatorCount; ++op) {
    for (const size_t sources : kSourceCounts) {
      for (const bool pairwise : {false, true}) {
        for (const uint32_t divisor : kDivisors) {
          check({type_, *operator_of(op), sources, divisor, pairwise});
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

}  // namespace
}  // namespace weft::test
