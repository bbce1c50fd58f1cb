#include "collectives/catalog.h"

#include <array>

#include "collectives/generators.h"

namespace weft {
namespace {

constexpr int kAnyRanks = 1 << 20;  // a root has 20 bits in the fingerprint of a call
constexpr int kFanRanks = 256;      // a step has at most 255 ports each way
constexpr std::string_view kPatarasuk =
    "Patarasuk, Yuan: Bandwidth optimal all-reduce algorithms for clusters of workstations, JPDC 2009";
constexpr std::string_view kThakur =
    "Thakur, Rabenseifner, Gropp: Optimization of collective communication operations in MPICH, IJHPCA 2005";
constexpr std::string_view kCowan = "Cowan et al.: MSCCLang: Microsoft collective communication language, ASPLOS 2023";
constexpr std::string_view kPjesivac =
    "Pješivac-Grbović et al.: Performance analysis of MPI collective operations, Cluster Computing 2007";

using enum Collective;
// Rows of one collective stand in the order in which equals are preferred.
constexpr std::array kRows = {
    CatalogRow{all_reduce, "one_shot", one_shot_all_reduce, kFanRanks, SumOrder::position, true, kCowan},
    CatalogRow{all_reduce, "two_shot", two_shot_all_reduce, kFanRanks, SumOrder::position, true, kCowan},
    CatalogRow{all_reduce, "doubling", doubling_all_reduce, kAnyRanks, SumOrder::position, true, kThakur},
    CatalogRow{all_reduce, "ring", ring_all_reduce, kAnyRanks, SumOrder::ranks, false, kPatarasuk},
    CatalogRow{reduce_scatter, "direct", direct_reduce_scatter, kFanRanks, SumOrder::position, true, kCowan},
    CatalogRow{reduce_scatter, "ring", ring_reduce_scatter, kAnyRanks, SumOrder::ranks, false, kPatarasuk},
    CatalogRow{all_gather, "direct", direct_all_gather, kFanRanks, SumOrder::placement, true, kCowan},
    CatalogRow{all_gather, "ring", ring_all_gather, kAnyRanks, SumOrder::placement, true, kPatarasuk},
    CatalogRow{broadcast, "direct", direct_broadcast, kFanRanks, SumOrder::placement, true, kPjesivac},
    CatalogRow{broadcast, "chain", chain_broadcast, kAnyRanks, SumOrder::placement, true, kPjesivac},
    CatalogRow{reduce, "direct", direct_reduce, kFanRanks, SumOrder::position, true, kPjesivac},
    CatalogRow{reduce, "chain", chain_reduce, kAnyRanks, SumOrder::position, false, kPjesivac},
};

}  // namespace

std::span<const CatalogRow> catalog() {
  return kRows;
}

const CatalogRow* find_algorithm(Collective collective, std::string_view name) {
  for (const CatalogRow& row : kRows) {
    if (row.collective == collective && row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace weft
