#include "collectives/contract.h"

namespace weft {

Contract contract_of(Collective collective, int ranks, int root) {
  Contract contract;
  contract.blocks = is_blocked(collective) ? static_cast<uint32_t>(ranks) : 1;
  contract.reduces = is_reduction(collective);
  const BlockRange all = {0, contract.blocks};
  for (int rank = 0; rank < ranks; ++rank) {
    const BlockRange own = {static_cast<uint32_t>(rank), 1};
    const BlockRange at_root = rank == root ? all : BlockRange{};
    const bool gathers = collective == Collective::all_gather, scatters = collective == Collective::reduce_scatter;
    contract.before.push_back(gathers ? own : collective == Collective::broadcast ? at_root : all);
    contract.after.push_back(scatters ? own : collective == Collective::reduce ? at_root : all);
    if (gathers) contract.owners.push_back(own.first);
  }
  if (collective == Collective::broadcast) contract.owners = {static_cast<uint32_t>(root)};
  return contract;
}

}  // namespace weft
