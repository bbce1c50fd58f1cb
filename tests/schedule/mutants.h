// Schedules with one small mistake each, made from those of the catalog in all ways of a fixed list.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "collectives/catalog.h"
#include "schedule/step.h"

namespace weft::test {

enum class MutantKind : uint8_t {
  chunk,
  stride,
  count,
  source_at,
  port_order,
  wait,
  wait_step,
  lost_step,
  doubled_step,
  target_buffer,
};
inline constexpr int kMutantKinds = 10;
inline constexpr std::array<std::string_view, kMutantKinds> kMutantKindNames = {
    "chunk", "stride",    "count",     "source_at",    "port order",
    "wait",  "wait_step", "lost step", "doubled step", "target buffer"};

struct Mutant {
  MutantKind kind;
  uint32_t rank, lane, step;        // where
  std::string what;                 // a few words
  std::vector<Schedule> schedules;  // of all ranks
};

// All mutants of one collective, in a fixed order.
std::vector<Mutant> mutants_of(const std::vector<Schedule>& schedules);

}  // namespace weft::test
