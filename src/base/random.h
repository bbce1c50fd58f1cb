// Seeded random numbers (SplitMix64): the same seed gives the same sequence on every machine. Not for secrets.
// Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
#pragma once

#include <cstdint>

namespace weft {

constexpr uint64_t mix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    const uint64_t value = mix64(state_);
    state_ += 0x9E3779B97F4A7C15u;
    return value;
  }
  // A number in [0, bound); bound > 0. The bias of the modulo is below bound / 2^64.
  uint64_t below(uint64_t bound) { return next() % bound; }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

}  // namespace weft
