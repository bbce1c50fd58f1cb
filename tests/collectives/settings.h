// The sizes with which the verifier runs a schedule in tests.
#pragma once

#include <vector>

#include "collectives/catalog.h"
#include "collectives/contract.h"
#include "schedule/verify.h"

namespace weft::test {

inline std::vector<Schedule> generate_all(const CatalogRow& row, int ranks, int root = 0,
                                          std::span<const int> order = {}) {
  std::vector<Schedule> schedules;
  for (int rank = 0; rank < ranks; ++rank) {
    schedules.push_back(row.generate({.ranks = ranks, .rank = rank, .root = root, .order = order}));
  }
  return schedules;
}

// Every chunk has `elements` elements in each of `passes` passes, and a slot holds `slot_elements`. `missing` elements
// are cut from the end of each block, so that its last chunks are short or empty.
inline Setting setting_of(uint32_t chunks_per_block, uint32_t elements, uint32_t slot_elements, uint32_t passes,
                          uint32_t missing, bool in_place, uint32_t credits) {
  Setting setting;
  setting.pass_bytes = elements * kElementBytes;
  setting.slot_bytes = slot_elements * kElementBytes;
  setting.block_bytes = (uint64_t{chunks_per_block} * elements * passes - missing) * kElementBytes;
  setting.credits = credits;
  setting.in_place = in_place;
  return setting;
}

// One to three slots per step and pass, one and two passes, short and empty chunks, separate and in place.
inline std::vector<Setting> all_settings(uint32_t chunks_per_block, uint32_t credits) {
  std::vector<Setting> settings;
  for (const bool in_place : {false, true}) {
    for (const uint32_t passes : {1u, 2u}) {
      for (const uint32_t slots : {1u, 2u, 3u}) {
        settings.push_back(setting_of(chunks_per_block, slots, 1, passes, 0, in_place, credits));
      }
      settings.push_back(setting_of(chunks_per_block, 5, 2, passes, 3, in_place, credits));
      if (chunks_per_block > 1)
        settings.push_back(setting_of(chunks_per_block, 2, 1, passes, 3 * passes - 1, in_place, credits));
    }
  }
  return settings;
}

}  // namespace weft::test
