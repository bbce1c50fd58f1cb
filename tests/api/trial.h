// One collective call of all ranks with seeded inputs, and the judgement of its outputs by the reference in
// tests/support: how results are checked whatever started the ranks.
#pragma once

#include <weft/weft.h>

#include <string>
#include <vector>

#include "collectives/collective.h"
#include "support/values.h"

namespace weft::test {

struct Trial {
  Collective collective = Collective::all_reduce;
  Inputs inputs;  // type, operator, values, ranks, seed
  size_t count = 1;
  int root = 0;
  bool in_place = false;

  std::string text() const;
  bool has_root() const { return is_rooted(collective); }
};

// What one rank needs for its call. Buffers are as the API wants them; everything outside the output keeps a canary.
class TrialRank {
 public:
  TrialRank(const Trial& trial, int rank);
  weftResult_t call(weftComm_t comm);
  // Empty if the output is right and nothing else was touched. `inputs` has the sent data of all ranks.
  std::string wrong(const std::vector<std::vector<std::byte>>& inputs) const;
  const std::vector<std::byte>& input() const { return input_; }
  std::vector<std::byte> output() const;

 private:
  size_t block_bytes() const;
  bool has_output() const;
  Trial trial_;
  int rank_;
  std::vector<std::byte> input_;  // what this rank contributes, kept for the judgement
  std::vector<std::byte> send_, recv_;
  size_t send_at_ = 0, recv_at_ = 0;  // in place: where the two lie in recv_
};

}  // namespace weft::test
