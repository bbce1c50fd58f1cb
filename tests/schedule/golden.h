// The golden prints: every row of the catalog for four ranks, a file each. They are the pictures of the documentation.
#pragma once

#include <string>

#include "collectives/catalog.h"
#include "collectives/settings.h"
#include "schedule/text.h"

namespace weft::test {

inline constexpr int kGoldenRanks = 4;
inline constexpr int kGoldenRoot = 1;

inline std::string golden_path(const std::string& folder, const CatalogRow& row) {
  return fmt::format("{}/{}_{}.txt", folder, name_of(row.collective), row.name);
}

inline std::string golden_text(const CatalogRow& row) {
  const std::string root = is_rooted(row.collective) ? fmt::format(", root {}", kGoldenRoot) : "";
  return fmt::format("# {} by {}, {} ranks{}\n{}", name_of(row.collective), row.name, kGoldenRanks, root,
                     print_schedules(generate_all(row, kGoldenRanks, kGoldenRoot)));
}

}  // namespace weft::test
