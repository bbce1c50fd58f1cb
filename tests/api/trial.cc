#include "api/trial.h"

#include <fmt/format.h>

#include "support/reference.h"

namespace weft::test {
namespace {

constexpr size_t kGuardBytes = 64;  // before and after every output
constexpr std::byte kCanary{0xA5};

}  // namespace

std::string Trial::text() const {
  return fmt::format("{} {} {} count {} ranks {} root {}{}", name_of(collective), name_of(inputs.type),
                     name_of(inputs.op), count, inputs.ranks, root, in_place ? " in place" : "");
}

TrialRank::TrialRank(const Trial& trial, int rank) : trial_(trial), rank_(rank) {
  const size_t one = block_bytes(), all = one * static_cast<size_t>(trial.inputs.ranks);
  const size_t sent = trial.collective == Collective::reduce_scatter ? all : one;
  const size_t received = trial.collective == Collective::all_gather ? all : one;
  input_ = input_of_rank(trial.inputs, rank, sent / bytes_of(trial.inputs.type));
  const size_t whole = trial.in_place ? std::max(sent, received) : received;
  recv_.assign(whole + 2 * kGuardBytes, kCanary);
  recv_at_ = kGuardBytes;
  if (!trial.in_place) {
    send_ = input_;
    return;
  }
  const size_t mine = static_cast<size_t>(rank) * one;
  send_at_ = kGuardBytes + (trial.collective == Collective::all_gather ? mine : 0);
  if (trial.collective == Collective::reduce_scatter) recv_at_ += mine;
  std::copy(input_.begin(), input_.end(), recv_.begin() + static_cast<std::ptrdiff_t>(send_at_));
}

size_t TrialRank::block_bytes() const {
  return trial_.count * bytes_of(trial_.inputs.type);
}

bool TrialRank::has_output() const {
  return trial_.collective != Collective::reduce || rank_ == trial_.root;
}

weftResult_t TrialRank::call(weftComm_t comm) {
  const void* send = trial_.in_place ? recv_.data() + send_at_ : send_.data();
  void* recv = recv_.data() + recv_at_;
  const auto type = static_cast<weftDataType_t>(trial_.inputs.type);
  const auto op = static_cast<weftRedOp_t>(trial_.inputs.op);
  switch (trial_.collective) {
    case Collective::all_reduce:
      return weftAllReduce(send, recv, trial_.count, type, op, comm, nullptr);
    case Collective::reduce_scatter:
      return weftReduceScatter(send, recv, trial_.count, type, op, comm, nullptr);
    case Collective::all_gather:
      return weftAllGather(send, recv, trial_.count, type, comm, nullptr);
    case Collective::broadcast:
      return weftBroadcast(send, recv, trial_.count, type, trial_.root, comm, nullptr);
    case Collective::reduce:
      return weftReduce(send, recv, trial_.count, type, op, trial_.root, comm, nullptr);
  }
  return weftInternalError;
}

std::vector<std::byte> TrialRank::output() const {
  const auto begin = recv_.begin() + static_cast<std::ptrdiff_t>(recv_at_);
  return {begin, begin + static_cast<std::ptrdiff_t>(block_bytes())};
}

std::string TrialRank::wrong(const std::vector<std::vector<std::byte>>& inputs) const {
  for (size_t i = 0; i < kGuardBytes; ++i) {
    if (recv_[i] != kCanary || recv_[recv_.size() - 1 - i] != kCanary) return "memory around the output was written";
  }
  if (!trial_.in_place && send_ != input_) return "the input was written";
  if (!has_output()) return {};
  const size_t one = block_bytes();
  const bool gathers = trial_.collective == Collective::all_gather;
  const size_t from = trial_.collective == Collective::reduce_scatter ? static_cast<size_t>(rank_) * one : 0;
  for (size_t block = 0; block < (gathers ? inputs.size() : 1); ++block) {
    std::vector<const std::byte*> sources;
    for (const auto& input : inputs) sources.push_back(input.data() + from);
    if (gathers) sources = {inputs[block].data()};
    if (trial_.collective == Collective::broadcast) sources = {inputs[static_cast<size_t>(trial_.root)].data()};
    // A copy is judged as the maximum of one source: the very same value.
    const Operator op = is_reduction(trial_.collective) ? trial_.inputs.op : Operator::max;
    const std::byte* got = recv_.data() + recv_at_ + block * one;
    std::string text = wrong_elements(trial_.inputs.type, op, sources, got, trial_.count);
    if (!text.empty()) return fmt::format("rank {} block {}: {}", rank_, block, text);
  }
  return {};
}

}  // namespace weft::test
